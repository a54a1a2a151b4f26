// The steps that run.groovy can do, and the build that they belong to. Classes only: run.groovy loads this file.
import groovy.json.JsonOutput

class StepFailed extends Exception { StepFailed(String m) { super(m) } }

class Interrupted extends Exception {
    String result = 'ABORTED'
    /** The time limit that was exceeded; none when a person stopped the build or said no. */
    Object timeout
    /** False once it has left the limit that it comes from. */
    boolean actual = true
    Interrupted(String message, Object timeout = null) { super(message); this.timeout = timeout }
}

/** The command line does not fit the Jenkinsfile: no result of the build. */
class Misuse extends Error { Misuse(String m) { super(m) } }

/** Where a step runs: environment, folder, the innermost time limit, the stage. Inner contexts see the outer ones. */
class Context {
    Map<String, String> env = [:]
    File workspace
    File folder
    long deadline = Long.MAX_VALUE
    Object limit
    String stage
    Map mark
    Set<String> masked = []
    Context inner(Map changes) {
        def c = new Context(env: new LinkedHashMap(env), workspace: workspace, folder: folder, deadline: deadline, limit: limit,
            stage: stage, mark: mark, masked: new LinkedHashSet(masked))
        changes.each { k, v -> c[k] = v }
        c
    }
}

/** One build: options, results, stashes, credentials, the trace. */
class Build {
    static final WORSE = ['SUCCESS', 'UNSTABLE', 'FAILURE', 'NOT_BUILT', 'ABORTED']
    Map options
    File scratch
    Context context
    String result
    Map params = [:]
    Properties credentials = new Properties()
    Map<String, File> stashes = [:]
    List<String> locks = []
    Writer trace
    boolean skipCheckout = false
    Script script
    Map pipeline
    String commit

    void log(String text) {
        context.masked.each { if (it) { text = text.replace(it, '****') } }
        println(text)
    }
    void record(Map m) { trace?.with { write(JsonOutput.toJson(m) + '\n'); flush() } }
    void worse(String r) { if (result == null || WORSE.indexOf(r) > WORSE.indexOf(result)) { result = r } }
    /** A warning on the stage; the worst one counts. */
    void mark(String r) { def m = context.mark; if (m != null && (m.result == null || WORSE.indexOf(r) > WORSE.indexOf(m.result))) { m.result = r } }
    def within(Map changes, Closure body) {
        def outer = context
        context = outer.inner(changes)
        try { body.call() } finally { context = outer }
    }
    void needNode(String step) {
        if (context.workspace == null) { throw new StepFailed("`${step}` needs an agent: Attempted to execute a step that requires a node context") }
    }
}

/** The steps. A named argument map comes first, a block last; a single unnamed argument fills the step's own parameter. */
class Steps {
    Build build
    Map table

    def call(String name, List args) {
        def step = table.steps[name]
        def body = args && args.last() instanceof Closure ? args.last() : null
        def given = body == null ? args : args.init()
        Map named = given && given[0] instanceof Map ? given[0] : given ? [(step.one): given[0]] : [:]
        named.keySet().findAll { !(it in step.named) }.each { throw new IllegalArgumentException("${name}: unknown parameter ${it}") }
        step.must.findAll { named[it] == null }.each { throw new IllegalArgumentException("${name}: missing required parameter ${it}") }
        named.values().findAll { it instanceof GString }.each { build.record(event: 'gstring', step: name, stage: build.context.stage) }
        if (step.node) { build.needNode(name) }
        if (step.block && body == null) { throw new IllegalArgumentException("${name}: needs a block") }
        return body == null ? this."do_${name}"(named) : this."do_${name}"(named, body)
    }

    def do_echo(Map a) { build.log(a.message.toString()); null }
    def do_error(Map a) { throw new StepFailed(a.message.toString()) }
    def do_unstable(Map a) { build.worse('UNSTABLE'); build.mark('UNSTABLE'); null }
    def do_logRotator(Map a) { a }
    def do_string(Map a) { [kind: 'string'] + a }
    def do_file(Map a) { [kind: 'file'] + a }
    def do_usernamePassword(Map a) { [kind: 'userpass'] + a }

    def do_deleteDir(Map a) { build.context.folder.listFiles().each { it.directory ? it.deleteDir() : it.delete() }; null }
    def do_dir(Map a, Closure body) {
        def folder = new File(build.context.folder, a.path); folder.mkdirs()
        build.within([folder: folder], body)
    }
    def do_fileExists(Map a) { new File(build.context.folder, a.file).exists() }
    def do_readFile(Map a) { new File(build.context.folder, a.file).getText('UTF-8') }
    def do_writeFile(Map a) { new File(build.context.folder, a.file).with { parentFile.mkdirs(); setText(a.text, 'UTF-8') }; null }

    def do_checkout(Map a) {
        def git = { String... words ->
            def p = new ProcessBuilder(['git'] + words.toList()).directory(build.context.folder).redirectErrorStream(true).start()
            def out = p.inputStream.text
            if (p.waitFor() != 0) { throw new StepFailed("git ${words.join(' ')}: ${out}") }
        }
        git('init', '-q')
        git('fetch', '-q', '--update-head-ok', build.options.repository, '+refs/*:refs/remotes/origin/*')
        git('checkout', '-q', '-f', build.commit)
        build.record(event: 'checkout', stage: build.context.stage, commit: build.commit)
        def origin = ['git', '-C', build.options.repository, 'config', 'remote.origin.url'].execute().text.trim()
        [GIT_COMMIT: build.commit, GIT_BRANCH: build.context.env.BRANCH_NAME, GIT_URL: origin ?: build.options.repository]
    }

    def do_stash(Map a) {
        def target = new File(build.scratch, 'stashes/' + a.name); target.deleteDir(); target.mkdirs()
        def files = copy(build.context.folder, target, a.includes ?: '**')
        if (!files && !a.allowEmpty) { throw new StepFailed("No files included in stash '${a.name}'") }
        build.stashes[a.name] = target
        build.record(event: 'stash', stage: build.context.stage, name: a.name, files: files)
        null
    }
    def do_unstash(Map a) {
        if (build.stashes[a.name] == null) { throw new StepFailed("No such saved stash '${a.name}'") }
        build.record(event: 'unstash', stage: build.context.stage, name: a.name)
        copy(build.stashes[a.name], build.context.folder, '**')
        null
    }
    def do_archiveArtifacts(Map a) {
        def files = copy(build.context.folder, new File(build.scratch, 'archive'), a.artifacts)
        if (!files && !a.allowEmptyArchive) { throw new StepFailed('No artifacts found that match the file pattern') }
        build.record(event: 'archive', stage: build.context.stage, files: files)
        null
    }
    def do_junit(Map a) {
        def files = new FileNameFinder().getFileNames(build.context.folder.path, a.testResults.replace(',', ' ')).sort()
        if (!files && !a.allowEmptyResults) { throw new StepFailed('No test report files were found. Configuration error?') }
        int failed = files.sum(0) { f ->
            def root = new XmlSlurper(false, false).parse(new File(f))
            root.depthFirst().count { it.name() == 'testcase' && it.children().any { c -> c.name() in ['failure', 'error'] } }
        }
        build.record(event: 'junit', stage: build.context.stage, files: files.size(), failed: failed)
        if (failed) { build.mark('UNSTABLE') }
        if (failed && !a.skipMarkingBuildUnstable) { build.worse('UNSTABLE') }
        null
    }
    /** Ant patterns, comma-separated, without Ant's default excludes of version control files. */
    private List<String> copy(File from, File to, String patterns) {
        def names = patterns.split(',').collectMany { p -> new FileNameFinder().getFileNames(from.path, p.trim(), '**/.git/**') }
        names.unique().sort().collect { path ->
            def relative = from.toPath().relativize(new File(path).toPath()).toString()
            def target = new File(to, relative); target.parentFile.mkdirs()
            target.bytes = new File(path).bytes
            target.setExecutable(new File(path).canExecute())
            relative
        }
    }

    def do_sh(Map a) {
        def c = build.context
        def file = File.createTempFile('script', '.sh', build.scratch)
        file.setText(a.script.toString(), 'UTF-8')
        // durable-task: `sh -xe`, or what the first line says, without -x and -e.
        def line = a.script.toString().startsWith('#!') ? ['sh', '-c', "chmod +x '${file}' && exec '${file}'".toString()] : ['sh', '-xe', file.path]
        def builder = new ProcessBuilder(['setsid'] + line).directory(c.folder).redirectErrorStream(!a.returnStdout)
        builder.redirectInput(new File('/dev/null'))
        builder.environment().putAll(c.env)
        def process = builder.start()
        def out = new StringBuffer()
        def reader = Thread.start { process.inputStream.eachLine('UTF-8') { l -> if (a.returnStdout) { out << l << '\n' } else { build.log(l) } } }
        def stopped = null
        boolean cancel = build.options.cancelIn == c.stage
        if (cancel) {
            build.options.cancelIn = null
            def moment = build.options.cancelWhen
            if (moment == null) {
                process.waitFor(400, java.util.concurrent.TimeUnit.MILLISECONDS)
            } else {
                while (process.alive && !new File(moment).exists()) { Thread.sleep(20) }
            }
            stopped = new Interrupted('the build was cancelled')
        } else if (!process.waitFor(Math.max(1, c.deadline - System.currentTimeMillis()), java.util.concurrent.TimeUnit.MILLISECONDS)) {
            stopped = new Interrupted('Timeout has been exceeded', c.limit)
        }
        if (stopped != null) { kill(process) }
        reader.join()
        int code = stopped == null ? process.exitValue() : 143
        build.record(event: 'sh', stage: c.stage, label: a.label, script: a.script.toString(), exit: code)
        file.delete()
        if (stopped != null) { throw stopped }
        if (a.returnStatus) { return code }
        if (code != 0) { throw new StepFailed("script returned exit code ${code}") }
        a.returnStdout ? out.toString() : null
    }
    /** The whole process group: TERM, and KILL for what has not ended within 5 s. The shell that leads it may be gone before its children. */
    private static void kill(Process process) {
        def group = "-${process.pid()}".toString()
        def send = { String signal -> new ProcessBuilder('kill', "-${signal}".toString(), '--', group).redirectErrorStream(true).start().waitFor() }
        send('TERM')
        def end = System.currentTimeMillis() + 5000
        while (send('0') == 0 && System.currentTimeMillis() < end) { Thread.sleep(50) }
        send('KILL')
        process.waitFor(2, java.util.concurrent.TimeUnit.SECONDS)
    }

    private long millis(Map a, String unit) {
        def seconds = [SECONDS: 1, MINUTES: 60, HOURS: 3600, DAYS: 86400][a.unit ?: unit]
        (a.time as double) * seconds * 1000 * (build.options.minute / 60)
    }
    /** With `--clock FILE` time is virtual: what is slept is added to the seconds in that file. With `--awake` nobody sleeps. */
    def do_sleep(Map a) {
        build.record(event: 'sleep', stage: build.context.stage, seconds: a.time, unit: a.unit ?: 'SECONDS', agent: build.context.workspace != null, locks: build.locks.clone())
        if (build.options.awake) { return null }
        if (build.options.clock && build.context.deadline == Long.MAX_VALUE) {
            def clock = new File(build.options.clock)
            clock.text = ((clock.text ?: '0') as double) + millis(a, 'SECONDS') / 1000
            return null
        }
        def wait = Math.min(millis(a, 'SECONDS'), build.context.deadline - System.currentTimeMillis())
        Thread.sleep(Math.max(0L, wait as long))
        if (System.currentTimeMillis() >= build.context.deadline) { throw new Interrupted('Timeout has been exceeded', build.context.limit) }
        null
    }
    /** An exceeded limit is an interruption inside its block and an ordinary error outside (TimeoutStepExecution). */
    def do_timeout(Map a, Closure body) {
        def me = new Object()
        def end = System.currentTimeMillis() + millis(a, 'MINUTES')
        def changes = end < build.context.deadline ? [deadline: end, limit: me] : [:]
        try { build.within(changes, body) } catch (Interrupted e) {
            if (e.timeout.is(me)) { e.actual = false }
            throw e
        }
    }
    def do_catchError(Map a, Closure body) {
        try { body.call() } catch (Exception e) {
            boolean interrupted = e instanceof Interrupted
            if (interrupted && e.actual && a.catchInterruptions == false) { throw e }
            build.log(interrupted || e instanceof StepFailed ? "ERROR: ${e.message}".toString() : "ERROR: ${e}".toString())
            def buildResult = interrupted ? e.result : a.buildResult ?: (a.containsKey('buildResult') ? 'SUCCESS' : 'FAILURE')
            def stageResult = interrupted ? e.result : a.stageResult ?: 'SUCCESS'
            if (buildResult != 'SUCCESS') { build.worse(buildResult) }
            if (stageResult != 'SUCCESS') { build.mark(stageResult) }
        }
        null
    }
    def do_warnError(Map a, Closure body) { do_catchError([buildResult: 'UNSTABLE', stageResult: 'UNSTABLE'] + a.findAll { it.key != 'message' }, body) }
    def do_retry(Map a, Closure body) {
        int left = a.count
        while (true) {
            try { return body.call() } catch (StepFailed e) { if (--left <= 0) { throw e }; build.log('Retrying') }
        }
    }
    def do_withEnv(Map a, Closure body) {
        def env = new LinkedHashMap(build.context.env)
        a.overrides.each { def at = it.indexOf('='); env[it.substring(0, at).toString()] = it.substring(at + 1).toString() }
        build.within([env: env], body)
    }
    def do_withCredentials(Map a, Closure body) {
        def env = new LinkedHashMap(build.context.env)
        def masked = new LinkedHashSet(build.context.masked)
        a.bindings.each { b ->
            def value = build.credentials.getProperty(b.credentialsId)
            if (value == null) { throw new StepFailed("Could not find credentials entry with ID '${b.credentialsId}'") }
            masked << value
            switch (b.kind) {
                case 'string': env[b.variable] = value; break
                case 'file':
                    build.needNode('file')
                    def file = File.createTempFile('secret', '', build.scratch); file.text = value
                    masked << file.path
                    env[b.variable] = file.path
                    break
                default:
                    def parts = value.split(':', 2)
                    env[b.usernameVariable] = parts[0]; env[b.passwordVariable] = parts[1]
            }
        }
        build.record(event: 'credentials', stage: build.context.stage, ids: a.bindings*.credentialsId, variables: a.bindings*.variable)
        build.within([env: env, masked: masked], body)
    }
    def do_lock(Map a, Closure body) {
        def name = a.resource ?: 'label ' + a.label
        if (name in build.locks) { throw new IllegalStateException("lock ${name} is taken twice: this build would wait for itself") }
        build.locks << name
        build.record(event: 'lock', stage: build.context.stage, name: name, state: 'taken', agent: build.context.workspace != null)
        try { body.call() } finally {
            build.locks.remove(name)
            build.record(event: 'lock', stage: build.context.stage, name: name, state: 'released')
        }
    }
    def do_input(Map a) {
        def who = build.options.approve
        build.record(event: 'input', stage: build.context.stage, message: a.message, submitter: a.submitter, agent: build.context.workspace != null, locks: build.locks.clone())
        if (build.options.abort) { throw new Interrupted('Rejected by a person') }
        if (who == null) { throw new Misuse("the question `${a.message}` has no answer: give --approve USER or --abort") }
        def allowed = a.submitter?.split(',')
        if (allowed && !((build.options.groups + who).any { it in allowed })) { throw new Misuse("`${who}` may not answer: only ${a.submitter}") }
        a.submitterParameter ? who : null
    }
    def do_node(Map a, Closure body) { agent([label: a.label], body) }
    /** A stage inside `script`. */
    def do_stage(Map a, Closure body) {
        def mark = [result: null]
        build.record(event: 'stage', name: a.name, state: 'started', nested: true)
        try {
            build.within([stage: a.name, mark: mark], body)
        } catch (Exception e) {
            mark.result = e instanceof Interrupted && e.actual ? e.result : 'FAILURE'
            throw e
        } finally {
            build.record(event: 'stage', name: a.name, state: 'ended', result: mark.result ?: 'SUCCESS', nested: true)
        }
    }

    /** An agent's folder is what the last build left in it: never empty, so that a Jenkinsfile must empty it itself. */
    def agent(Map agent, Closure body) {
        def workspace = new File(build.scratch, 'workspace-' + System.nanoTime()); new File(workspace, 'mlpipe-out').mkdirs()
        new File(workspace, 'left-by-another-build').text = 'old\n'
        new File(workspace, 'mlpipe-out/left-by-another-build.json').text = '{}\n'
        build.record(event: 'agent', stage: build.context.stage, label: agent.label)
        def env = build.context.env + [WORKSPACE: workspace.path, NODE_NAME: 'agent', NODE_LABELS: agent.label ?: '', EXECUTOR_NUMBER: '0', PWD: workspace.path]
        build.within([workspace: workspace, folder: workspace, env: env], body)
    }
}
