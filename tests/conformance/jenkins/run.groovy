// Runs one declarative Jenkinsfile: its directives as closures, in the order of Jenkins' own interpreter, with `sh` really
// executed. README.md names the sources of each rule, and what is left out.
//
//     groovy run.groovy JENKINSFILE REPOSITORY (--branch NAME | --tag NAME | --pr N [--target NAME] [--fork])
//         [--cause push|timer|user|indexing|remote] [--param KEY=VALUE]... [--approve USER [--groups A,B] | --abort]
//         [--credentials FILE] [--trace FILE] [--cancel-in STAGE [--cancel-when FILE]] [--minute SECONDS] [--first-build] [--number N] [--clock FILE | --awake]
//
// REPOSITORY is a git repository on disk; the build's commit is the head of the branch, the tag, or with --pr the head
// of --branch (the change request's source). Exit code: 0 SUCCESS, 1 any other result, 2 wrong usage.
import org.codehaus.groovy.control.CompilerConfiguration

def here = new File(getClass().protectionDomain.codeSource.location.toURI()).parentFile
def loader = new GroovyClassLoader(getClass().classLoader)
['steps.groovy', 'interpreter.groovy'].each { loader.parseClass(new File(here, it)) }
def make = { String type, Map values -> loader.loadClass(type).newInstance(values) }

def fail = { String message -> System.err.println("run.groovy: ${message}"); System.exit(2) }
def options = [cause: null, params: [:], groups: [], minute: 60.0d, target: 'main', number: '1']
def places = []
def words = new LinkedList(args.toList())
while (words) {
    def word = words.poll()
    switch (word) {
        case '--fork': case '--abort': case '--awake': case '--first-build': options[word.substring(2).replace('-b', 'B')] = true; break
        case '--param': def kv = words.poll(); options.params[kv.substring(0, kv.indexOf('='))] = kv.substring(kv.indexOf('=') + 1); break
        case '--groups': options.groups = words.poll().split(',').toList(); break
        case '--minute': options.minute = words.poll() as double; break
        case '--cancel-in': options.cancelIn = words.poll(); break
        case '--cancel-when': options.cancelWhen = words.poll(); break
        case ['--clock', '--branch', '--tag', '--pr', '--target', '--cause', '--approve', '--credentials', '--trace', '--number']: options[word.substring(2)] = words.poll(); break
        default: word.startsWith('--') ? fail("unknown option ${word}") : places << word
    }
}
if (places.size() != 2) { fail('usage: groovy run.groovy JENKINSFILE REPOSITORY --branch NAME [options]; see the head of this file') }
if (!options.branch && !options.tag) { fail('say what is built: --branch NAME, --tag NAME, or --branch NAME with --pr N') }
options.repository = new File(places[1]).canonicalPath
options.cause = options.cause ?: 'push'
if (!loader.loadClass('CurrentBuild').CAUSES.containsKey(options.cause)) { fail("unknown cause ${options.cause}") }
def ref = options.tag ? "refs/tags/${options.tag}^{commit}" : "refs/heads/${options.branch}"
def git = ['git', '-C', options.repository, 'rev-parse', '--verify', ref.toString()].execute()
def commit = git.text.trim()
if (git.waitFor() != 0) { fail("no ${ref} in ${options.repository}") }

def scratch = java.nio.file.Files.createTempDirectory('jenkins-run').toFile()
def build = make('Build', [options: options, scratch: scratch, commit: commit])
if (options.trace) { build.trace = new File(options.trace).newWriter('UTF-8') }
if (options.credentials) { new File(options.credentials).withReader('UTF-8') { build.credentials.load(it) } }
def name = options.pr ? "PR-${options.pr}".toString() : options.tag ?: options.branch
def env = [CI: 'true', BRANCH_NAME: name, BUILD_NUMBER: options.number, BUILD_ID: options.number, JOB_NAME: "team/pipeline/${name}".toString(),
    JOB_BASE_NAME: name, JENKINS_URL: 'http://jenkins.invalid/', JOB_URL: "http://jenkins.invalid/job/team/job/pipeline/job/${name}/".toString(),
    BUILD_URL: "http://jenkins.invalid/job/team/job/pipeline/job/${name}/${options.number}/".toString(), BUILD_TAG: "jenkins-${name}-${options.number}".toString()]
if (options.tag) { env.TAG_NAME = options.tag }
if (options.pr) {
    env += [CHANGE_ID: options.pr, CHANGE_TARGET: options.target, CHANGE_BRANCH: options.branch, CHANGE_TITLE: 'A change', CHANGE_AUTHOR: 'someone']
    if (options.fork) { env.CHANGE_FORK = 'someone' }
}
build.context = make('Context', [env: env])

def table = new GroovyShell().evaluate(new File(here, 'table.groovy'))
def steps = make('Steps', [build: build, table: table])
def script = new GroovyShell(loader, new Binding(), new CompilerConfiguration(scriptBaseClass: 'Jenkinsfile')).parse(new File(places[0]).getText('UTF-8'), 'WorkflowScript.groovy')
script.setBuild(build)
script.setSteps(steps)
build.script = script
int code = 1
try {
    script.run()
    def root = build.pipeline
    if (root == null) { fail('no `pipeline` block') }
    build.skipCheckout = (root.options ?: []).any { it[0] == 'skipDefaultCheckout' && (!it[1] || it[1][0]) }
    // A branch's first build has no parameters yet; values for parameters that the job does not define are dropped.
    (options.firstBuild ? [] : root.parameters ?: []).each { kind, given ->
        def p = given[0]
        def value = options.params.containsKey(p.name) ? options.params[p.name] : kind == 'choice' ? p.choices[0] : p.defaultValue
        if (kind == 'choice' && !(value in p.choices)) { fail("illegal choice for parameter ${p.name}: ${value}") }
        build.params[p.name] = kind == 'booleanParam' ? value.toString() == 'true' : value ?: ''
        build.context.env[p.name] = build.params[p.name].toString()
    }
    options.params.keySet().findAll { !build.params.containsKey(it) }.each { build.log("Skipped parameter `${it}` as it is undefined on `${name}`") }
    make('Interpreter', [build: build, steps: steps, script: script]).run(root)
    build.result = build.result ?: 'SUCCESS'
    build.record(event: 'build', result: build.result, cause: options.cause, commit: commit)
    println "Finished: ${build.result}"
    code = build.result == 'SUCCESS' ? 0 : 1
} catch (Error e) {
    if (e.class.name != 'Misuse') { throw e }
    System.err.println("run.groovy: ${e.message}")
    code = 2
} finally {
    build.trace?.close()
    scratch.deleteDir()
}
System.exit(code)
