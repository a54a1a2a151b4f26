// Declarative directives in the order of Jenkins' own interpreter. Classes only: run.groovy loads this file.

/** The script class of a Jenkinsfile: steps, `env`, `params`, `currentBuild`, `scm`, and the variables of the environment. */
abstract class Jenkinsfile extends Script {
    Build build
    Steps steps
    def pipeline(Closure body) { build.pipeline = new Collector(build: build).section(body); null }
    def script(Closure body) { body.call() }
    def sleep(int seconds) { steps.call('sleep', [seconds]) }
    def methodMissing(String name, args) {
        if (steps.table.steps[name] == null) { throw new MissingMethodException(name, getClass(), args as Object[]) }
        steps.call(name, args as List)
    }
    def propertyMissing(String name) {
        switch (name) {
            case 'env': return new Environment(build: build)
            case 'params': return build.params.asImmutable()
            case 'currentBuild': return new CurrentBuild(build: build)
            case 'scm': return 'scm'
        }
        if (build.context.env.containsKey(name)) { return build.context.env[name] }
        throw new MissingPropertyException(name, getClass())
    }
}

class Environment {
    Build build
    def getProperty(String name) { this.@build.context.env[name] }
    void setProperty(String name, value) { if (name == 'build') { this.@build = value } else { this.@build.context.env[name] = value?.toString() } }
}

class CurrentBuild {
    Build build
    static final CAUSES = [push: 'jenkins.branch.BranchEventCause', timer: 'hudson.triggers.TimerTrigger$TimerTriggerCause',
        user: 'hudson.model.Cause$UserIdCause', indexing: 'jenkins.branch.BranchIndexingCause', remote: 'hudson.model.Cause$RemoteCause']
    List getBuildCauses(String type = null) {
        def mine = CAUSES[build.options.cause]
        type == null || type == mine ? [[_class: mine, shortDescription: build.options.cause]] : []
    }
    String getResult() { build.result }
    void setResult(String r) { build.worse(r) }
    String getCurrentResult() { build.result ?: 'SUCCESS' }
    int getNumber() { build.options.number as int }
    def getPreviousBuild() { null }
}

/** Writes down the calls of a declarative block: name and arguments. */
class Collector {
    Build build
    List<List> calls = []
    def getAny() { 'any' }
    def getNone() { 'none' }
    boolean closed = false
    def methodMissing(String name, args) {
        if (closed) { throw new MissingMethodException(name, getClass(), args as Object[]) }
        calls << [name, args as List]
        null
    }

    List<List> calls(Closure body) {
        def inner = new Collector(build: build)
        def block = body.clone(); block.delegate = inner; block.resolveStrategy = Closure.DELEGATE_FIRST
        block.call()
        inner.closed = true
        inner.calls
    }
    /** `label 'x'` as `[label: 'x']`, `node { label 'x' }` as `[node: [label: 'x']]`. */
    private Map agent(List call) {
        def (kind, args) = call
        [(kind): args[0] instanceof Closure ? calls(args[0]).collectEntries { [it[0], it[1][0]] } : args[0]]
    }
    Map section(Closure body) {
        def out = [:]
        calls(body).each { name, args ->
            def block = args && args.last() instanceof Closure ? args.last() : null
            switch (name) {
                case 'agent': out.agent = block == null ? args[0] : agent(calls(block)[0]); break
                case 'options': case 'parameters': out[name] = calls(block); break
                case 'stages': case 'parallel': out[name] = calls(block).collect { section(it[1].last()) + [name: it[1][0]] }; break
                case 'input': out.input = calls(block).collectEntries { [it[0], it[1][0]] }; break
                case 'post': out.post = calls(block).collectEntries { [it[0], it[1][0]] }; break
                case 'when':
                    out.when = calls(block)
                    ['beforeOptions', 'beforeInput', 'beforeAgent'].each { flag -> out[flag] = out.when.any { it[0] == flag && it[1][0] } }
                    break
                case 'steps': case 'environment': out[name] = block; break
                case 'failFast': out.failFast = args[0]; break
                case 'triggers': case 'tools': case 'libraries': break
                default: throw new IllegalArgumentException("unknown section ${name}")
            }
        }
        out
    }
}

/** `environment { NAME = value }`. */
class Assignments {
    Jenkinsfile script
    Map values = [:]
    List bindings = []
    def credentials(String id) { [credentials: id] }
    void setProperty(String name, value) {
        if (name in ['script', 'values', 'bindings']) { this.@"${name}" = value; return }
        if (value instanceof Map) { this.@bindings << [kind: 'string', credentialsId: value.credentials, variable: name] }
        else { this.@values[name] = value.toString() }
    }
    def getProperty(String name) { name in ['values', 'bindings'] ? this.@"${name}" : this.@values[name] ?: this.@script.propertyMissing(name) }
}

/** ModelInterpreter.groovy of pipeline-model-definition, step by step. */
class Interpreter {
    Build build
    Steps steps
    Jenkinsfile script

    private execute(Closure c) { c.delegate = script; c.resolveStrategy = Closure.DELEGATE_ONLY; c.call() }

    void run(Map root) {
        Exception error = null
        boolean posted = false
        try {
            agent(root.agent, null) { environment(root) { wrappers(root.options) {
                error = sequence(root, root.stages, null, null, null)
                posted = true
                error = post(root.post, error)
                if (error != null) { throw error }
            } } }
        } catch (Exception e) { error = error ?: e }
        if (!posted) { error = post(root.post, error) }
        if (error != null) {
            build.log(error instanceof StepFailed || error instanceof Interrupted ? "ERROR: ${error.message}".toString() : "ERROR: ${error}".toString())
            build.worse(error instanceof Interrupted ? error.result : 'FAILURE')
        }
    }

    private agent(agent, Map stage, Closure body) {
        if (agent == null || agent == 'none') { return build.within(agent == 'none' ? [workspace: null, folder: null] : [:], body) }
        def label = agent == 'any' ? '' : agent.label ?: agent.node?.label
        if (label == null) { throw new IllegalArgumentException("this harness has no agent ${agent}") }
        steps.agent([label: label]) {
            if (!build.skipCheckout) { steps.call('checkout', ['scm']) }
            body.call()
        }
    }
    private environment(Map owner, Closure body) {
        if (owner.environment == null) { return body.call() }
        def values = new Assignments(script: script)
        def c = owner.environment.clone(); c.delegate = values; c.resolveStrategy = Closure.DELEGATE_FIRST; c.call()
        def inner = { steps.do_withEnv([overrides: values.values.collect { k, v -> k + '=' + v }], body) }
        values.bindings ? steps.do_withCredentials([bindings: values.bindings], inner) : inner()
    }
    /** The block steps among the options, outermost first. */
    private wrappers(List options, Closure body) {
        def blocks = (options ?: []).findAll { steps.table.steps[it[0]]?.block }
        if (!blocks) { return body.call() }
        def (name, args) = blocks[0]
        steps.call(name, args + [{ wrappers(blocks.drop(1), body) }])
    }

    private Exception sequence(Map root, List stages, Exception first, Map parent, String skipped) {
        stages.each { s ->
            try { stage(root, s, first, skipped) } catch (Exception e) { first = first ?: e }
        }
        parent != null && skipped == null ? post(parent.post, first) : first
    }

    /** One declarative stage: `when` before options, input, agent, or last; options; input; agent; environment; body; post. */
    private void stage(Map root, Map s, Exception first, String skipped) {
        def mark = [result: null]
        build.within([stage: s.name, mark: mark, env: build.context.env + [STAGE_NAME: s.name]]) {
            def reason = skipped ?: first != null ? 'failure' : skipUnstable(root) ? 'unstable' : null
            boolean passed = s.when == null
            def test = { boolean now -> passed = passed || (now ? conditions(s.when) : false); passed || !now }
            Exception error = null
            boolean started = false
            if (reason == null) {
                try {
                    if (test(s.beforeOptions as boolean)) {
                        started = true
                        build.record(event: 'stage', name: s.name, state: 'started')
                        wrappers(s.options) { if (test(s.beforeInput as boolean)) { question(s) {
                            if (s.parallel != null) {
                                if (test(true)) { environment(s) { sideBySide(root, s) } }
                            } else if (test(s.beforeAgent as boolean)) {
                                agent(s.agent, s) { if (test(true)) { environment(s) { body(root, s) } } }
                            }
                        } } }
                    }
                } catch (Exception e) { error = e }
                if (error == null && !passed) { reason = 'when' }
            }
            if (reason != null) {
                build.record(event: 'stage', name: s.name, state: 'skipped', reason: reason)
                build.log("Stage \"${s.name}\" skipped due to ${reason == 'when' ? 'when conditional' : 'earlier failure(s)'}")
                (s.parallel ?: s.stages ?: []).each { try { stage(root, it, first, reason) } catch (Exception ignored) { } }
            } else {
                if (s.parallel != null) { error = post(s.post, error) }
                def end = error instanceof Interrupted && error.actual ? error.result : error != null ? 'FAILURE' : mark.result ?: 'SUCCESS'
                build.record(event: 'stage', name: s.name, state: 'ended', result: end)
            }
            if (error != null) { throw error }
            if (reason == 'failure' && first != null) { throw first }
        }
    }
    private boolean skipUnstable(Map root) { build.result == 'UNSTABLE' && root.options?.any { it[0] == 'skipStagesAfterUnstable' } }

    private void body(Map root, Map s) {
        if (s.stages != null) {
            def error = sequence(root, s.stages, null, s, null)
            if (error != null) { throw error }
            return
        }
        Exception error = null
        try { execute(s.steps) } catch (Exception e) { error = e }
        error = post(s.post, error)
        if (error != null) { throw error }
    }
    /** Branches one after another, in the order of the file; the first error is thrown when all have ended. */
    private void sideBySide(Map root, Map s) {
        Exception error = null
        s.parallel.each { branch ->
            if (error == null || !s.failFast) {
                try { stage(root, branch, null, null) } catch (Exception e) { error = error ?: e }
            }
        }
        if (error != null) { throw error }
    }
    private question(Map s, Closure body) {
        if (s.input == null) { return body.call() }
        def who = steps.call('input', [s.input])
        s.input.submitterParameter ? steps.do_withEnv([overrides: [s.input.submitterParameter + '=' + who]], body) : body.call()
    }

    private boolean conditions(List all) { all.findAll { !it[0].startsWith('before') }.every { condition(it[0], it[1]) } }
    private boolean condition(String name, List args) {
        def env = build.context.env
        def inner = { new Collector(build: build).calls(args.last()) }
        def compare = { String value, Map a ->
            def pattern = a.pattern ?: a.target ?: a.branch
            if (value == null || a.comparator == 'EQUALS') { return value == pattern }
            value ==~ (a.comparator == 'REGEXP' ? pattern : glob(pattern))
        }
        switch (name) {
            case 'expression': return execute(args[0]) as boolean
            case 'not': return !condition(*inner()[0])
            case 'allOf': return inner().every { condition(*it) }
            case 'anyOf': return inner().any { condition(*it) }
            case 'branch': return compare(env.BRANCH_NAME, args[0] instanceof Map ? args[0] : [pattern: args[0]])
            case 'tag': return env.TAG_NAME != null && (!args || compare(env.TAG_NAME, args[0] instanceof Map ? args[0] : [pattern: args[0]]))
            case 'buildingTag': return env.TAG_NAME != null
            case 'changeRequest': return env.CHANGE_ID != null && (!args || compare(env.CHANGE_TARGET, args[0]))
            case 'environment': return env[args[0].name] == args[0].value
            case 'equals': return args[0].expected == args[0].actual
            case 'isRestartedRun': return false
            case 'triggeredBy':
                def wanted = args[0] instanceof Map ? args[0].cause : args[0]
                return new CurrentBuild(build: build).buildCauses.any { it._class.split(/[.$]/).last() == wanted }
            default: throw new IllegalArgumentException("this harness has no condition ${name}")
        }
    }
    /** Ant's globs: `*` stops at `/`, `**` does not. */
    private static String glob(String g) {
        def literal = { String text -> text.split('\\*', -1).collect { java.util.regex.Pattern.quote(it) }.join('[^/]*') }
        g.split('\\*\\*', -1).collect { literal(it) }.join('.*')
    }

    private Exception post(Map conditions, Exception error) {
        def worst = { build.result ?: 'SUCCESS' }
        def combined = { def mine = error == null ? 'SUCCESS' : error instanceof Interrupted ? error.result : 'FAILURE'
            [mine, worst(), build.context.mark?.result ?: 'SUCCESS'].max { Build.WORSE.indexOf(it) } }
        def holds = [always: { true }, changed: { combined() != 'SUCCESS' }, fixed: { false }, regression: { combined() != 'SUCCESS' },
            aborted: { combined() == 'ABORTED' }, success: { combined() == 'SUCCESS' }, unsuccessful: { combined() != 'SUCCESS' },
            unstable: { combined() == 'UNSTABLE' }, failure: { combined() == 'FAILURE' }, notBuilt: { combined() == 'NOT_BUILT' }, cleanup: { true }]
        steps.table.post.each { name ->
            if (conditions?.get(name) != null && holds[name]()) {
                try { execute(conditions[name]) } catch (Exception e) { build.log("Error when executing ${name} post condition: ${e.message}"); error = error ?: e }
            }
        }
        error
    }
}
