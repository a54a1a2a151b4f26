// Structural check of declarative Jenkinsfiles, on the syntax tree that Jenkins' own parser sees (Groovy 2.4, before
// any transformation). Prints `file:line: message` for each finding; exit code 1 when there is one.
//
//     groovy structure.groovy FILE...
//     groovy structure.groovy --expect FILE...    each file must give exactly the messages of its `// expect:` lines
//
// Messages that begin with "house rule" are mlpipe's own; the others are what Jenkins refuses or would do wrong.
import org.codehaus.groovy.ast.*
import org.codehaus.groovy.ast.expr.*
import org.codehaus.groovy.ast.stmt.*
import org.codehaus.groovy.control.*
import org.codehaus.groovy.control.messages.SyntaxErrorMessage

class Checker {
    Map table
    List<Map> findings = []
    Set<String> stageNames = []
    Map<String, MethodNode> methods = [:]
    Map<String, Boolean> nodeMethods = [:]

    void add(ASTNode at, String message) { findings << [line: at.lineNumber, message: message] }

    /** Every finding of one text, by line. */
    static List<Map> check(Map table, String text) {
        def checker = new Checker(table: table)
        def unit = new CompilationUnit()
        try {
            unit.addSource('WorkflowScript', text)
            unit.compile(Phases.CONVERSION)
            checker.module(unit.AST.modules[0])
            // The rest of the compiler, on a fresh copy: unknown classes, duplicate methods, a method over 64 KB.
            def whole = new CompilationUnit()
            whole.addSource('WorkflowScript', text)
            whole.compile(Phases.CLASS_GENERATION)
        } catch (MultipleCompilationErrorsException e) {
            e.errorCollector.errors.each { error ->
                def cause = error instanceof SyntaxErrorMessage ? error.cause : null
                def lines = (cause?.originalMessage ?: error.cause?.message ?: error.toString()).readLines()
                def place = cause?.startLine ?: ((lines[0] =~ /line: (\d+)/).collect { it[1] as int } ?: [1])[0]
                checker.findings << [line: place, message: 'does not compile: ' + lines[0]]
            }
        }
        return checker.findings.unique().sort { a, b -> a.line <=> b.line ?: a.message <=> b.message }
    }

    void module(ModuleNode module) {
        module.classes.findAll { it.name != 'WorkflowScript' }.each { add(it, "class `${it.name}` cannot stand in a Jenkinsfile") }
        module.methods.each { methods[it.name] = it }
        Statement pipeline = null
        module.statementBlock.statements.each { statement ->
            def call = callOf(statement)
            if (call?.methodAsString == 'pipeline') {
                if (pipeline != null) { add(statement, 'a second `pipeline` block') }
                pipeline = statement
            } else if (!(isField(statement))) {
                add(statement, 'house rule: only imports, `@Field` declarations and functions may stand beside `pipeline`')
            }
        }
        strings(module)
        if (pipeline == null) {
            findings << [line: 1, message: 'no `pipeline` block']
            return
        }
        def body = blockOf(pipeline)
        if (body == null) { add(pipeline, 'Expected a block with the "pipeline" step'); return }
        methods.each { name, method -> steps(method.code, [inScript: true, node: true, locals: method.parameters*.name]) }
        sections(body, table.pipelineSections, 'section').with { seen ->
            ['agent', 'stages'].each { if (!seen[it]) { add(pipeline, "Missing required section \"${it}\"") } }
            boolean node = seen.agent ? agent(seen.agent) : false
            seen.options?.with { options(it, false) }
            seen.triggers?.with { triggers(it) }
            seen.parameters?.with { parameters(it) }
            seen.environment?.with { environment(it) }
            seen.post?.with { post(it, node) }
            if (seen.stages) { stages(seen.stages, node, false) }
        }
        needs(pipeline)
    }

    private static boolean isField(Statement s) {
        s instanceof ExpressionStatement && s.expression instanceof DeclarationExpression &&
            s.expression.annotations.any { it.classNode.nameWithoutPackage == 'Field' }
    }

    // ---- the shapes that Jenkins' parser knows

    private static MethodCallExpression callOf(Statement s) {
        s instanceof ExpressionStatement && s.expression instanceof MethodCallExpression ? s.expression : null
    }

    private static List<Expression> argumentsOf(MethodCallExpression call) {
        call.arguments instanceof TupleExpression ? call.arguments.expressions : [call.arguments]
    }

    private static BlockStatement blockOf(Statement s) { bodyOf(callOf(s)) }

    private static BlockStatement bodyOf(MethodCallExpression call) {
        def last = call == null ? null : (argumentsOf(call) ?: [null]).last()
        last instanceof ClosureExpression ? (BlockStatement) last.code : null
    }

    /** Named arguments of a call, by name; unnamed ones under their place. */
    private static Map<Object, Expression> named(MethodCallExpression call) {
        def out = [:]
        argumentsOf(call).findAll { !(it instanceof ClosureExpression) }.eachWithIndex { argument, i ->
            if (argument instanceof MapExpression) {
                argument.mapEntryExpressions.each { out[it.keyExpression.text] = it.valueExpression }
            } else {
                out[i] = argument
            }
        }
        out
    }

    private static String text(Expression e) { e instanceof ConstantExpression && e.value instanceof String ? e.value : null }

    /** The sections of a block, by name; what is unknown or given twice is a finding. */
    private Map<String, Statement> sections(BlockStatement block, List<String> known, String kind) {
        def seen = [:]
        block.statements.each { s ->
            def name = callOf(s)?.methodAsString
            if (name == null) { add(s, "Not a valid ${kind} definition") }
            else if (!(name in known)) { add(s, "Undefined ${kind} \"${name}\"") }
            else if (seen.containsKey(name)) { add(s, "Multiple occurrences of the ${name} section") }
            else { seen[name] = s }
        }
        seen
    }

    // ---- sections

    /** True when there is an agent. */
    private boolean agent(Statement s) {
        def body = blockOf(s)
        if (body == null) {
            def kind = argumentsOf(callOf(s)).find()?.text
            if (!(kind in ['none', 'any'])) { add(s, 'Only "agent none", "agent any" or "agent {...}" are allowed.') }
            return kind != 'none'
        }
        if (body.statements.size() != 1) { add(s, 'Only one agent type is allowed per agent section'); return true }
        def call = callOf(body.statements[0])
        def allowed = table.agents[call?.methodAsString]
        if (allowed == null) { add(s, "Invalid agent type \"${call?.methodAsString}\" specified. Must be one of ${table.agents.keySet().toList()}".toString()) }
        else if (bodyOf(call) != null) { sections(bodyOf(call), allowed, 'agent option') }
        else if (text(argumentsOf(call).find()) == '') { add(s, 'house rule: an empty label is any agent') }
        true
    }

    private List<String> options(Statement s, boolean inStage) {
        def names = []
        blockOf(s)?.statements?.each { o ->
            def call = callOf(o)
            def name = call?.methodAsString
            if (call == null) { add(o, 'Expected an option'); return }
            if (bodyOf(call) != null) { add(o, 'Options definitions cannot have blocks'); return }
            if (name in names) { add(o, "Duplicate option name: \"${name}\"") }
            names << name
            def wrapper = table.steps[name]?.with { it.block && !it.node && !(name in ['node', 'stage']) }
            if (!wrapper && (table.options[name] == null || inStage && !table.options[name].stage)) {
                add(o, "Invalid option type \"${name}\"")
            } else if (wrapper) {
                arguments(call, name)
            }
        }
        if (blockOf(s) != null && !names) { add(s, 'options can not be empty') }
        names
    }

    private void triggers(Statement s) {
        def names = []
        def all = blockOf(s)?.statements ?: []
        if (!all) { add(s, 'triggers can not be empty') }
        all.each { t ->
            def call = callOf(t)
            def name = call?.methodAsString
            if (!(name in table.triggers)) { add(t, "Invalid trigger type \"${name}\""); return }
            if (name in names) { add(t, "Duplicate trigger name: \"${name}\"") }
            names << name
            if (name in ['cron', 'pollSCM']) { constants(call.arguments).each { cron(t, it) } }
        }
    }

    /** The strings that an argument may be; both sides of a choice. */
    private static List<String> constants(Expression e) {
        switch (e) {
            case ConstantExpression: return e.value instanceof String ? [e.value] : []
            case TernaryExpression: return constants(e.trueExpression) + constants(e.falseExpression)
            case TupleExpression: return e.expressions.collectMany { constants(it) }
            default: return []
        }
    }

    private void cron(Statement at, String spec) {
        spec.readLines().eachWithIndex { line, i ->
            line = line.trim()
            if (!line || line.startsWith('#')) { return }
            if (line.startsWith('TZ=')) {
                if (i > 0) { add(at, "cron: `TZ=` counts on the first line only") }
                else if (!(line.substring(3) in TimeZone.availableIDs)) { add(at, "cron: unknown time zone `${line.substring(3)}`") }
                return
            }
            def fields = line.split(/\s+/)
            if (fields.size() != 5) { add(at, "cron: `${line}` has ${fields.size()} fields instead of 5"); return }
            [['minute', 0, 59], ['hour', 0, 23], ['day of month', 1, 31], ['month', 1, 12], ['day of week', 0, 7]].eachWithIndex { range, n ->
                fields[n].split(',').each { part ->
                    def m = part =~ /^(?:\*|H|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/
                    if (!m.matches()) { add(at, "cron: `${part}` is not a ${range[0]}"); return }
                    [m.group(1), m.group(2)].findAll().each {
                        if (!((it as int) in (range[1]..range[2]))) { add(at, "cron: ${range[0]} `${it}` is not in ${range[1]}-${range[2]}") }
                    }
                }
            }
            if (fields[2] != '*' && fields[4] != '*') { add(at, 'house rule: cron with day of month and day of week means "and" on Jenkins, "or" elsewhere') }
        }
    }

    private void parameters(Statement s) {
        def all = blockOf(s)?.statements ?: []
        if (!all) { add(s, 'parameters can not be empty') }
        def names = []
        all.each { p ->
            def call = callOf(p)
            def allowed = table.parameters[call?.methodAsString]
            if (allowed == null) { add(p, "Invalid parameter type \"${call?.methodAsString}\""); return }
            def given = named(call)
            given.keySet().findAll { !(it in allowed) }.each { add(p, "Invalid parameter \"${it}\" of ${call.methodAsString}") }
            def name = text(given.name)
            if (!name) { add(p, 'Missing required parameter: "name"') }
            else if (!(name ==~ /[A-Za-z_][A-Za-z0-9_]*/)) { add(p, "parameter `${name}` cannot be an environment variable") }
            else if (name in names) { add(p, "parameter `${name}` is given twice") }
            names << name
        }
    }

    private void environment(Statement s) {
        def all = blockOf(s)?.statements ?: []
        if (!all) { add(s, 'No variables specified for environment') }
        all.each { e ->
            def set = e instanceof ExpressionStatement && e.expression instanceof BinaryExpression ? e.expression : null
            if (set?.operation?.text != '=') { add(e, 'Expected name=value pairs'); return }
            def ok = set.rightExpression instanceof ConstantExpression || set.rightExpression instanceof MethodCallExpression ||
                set.rightExpression instanceof BinaryExpression && set.rightExpression.operation.text == '+'
            if (!ok) { add(e, 'Environment variable values must either be single quoted, double quoted, or function calls.') }
        }
    }

    private void post(Statement s, boolean node) {
        def seen = sections(blockOf(s) ?: new BlockStatement(), table.post, 'post condition')
        if (!seen) { add(s, 'post can not be empty') }
        seen.each { name, p -> if (blockOf(p) != null) { steps(blockOf(p), [inScript: false, node: node]) } }
    }

    // ---- stages

    private void stages(Statement s, boolean node, boolean inParallel) {
        def all = blockOf(s)?.statements ?: []
        if (!all) { add(s, 'No stages specified') }
        all.each { stage ->
            if (callOf(stage)?.methodAsString != 'stage' || blockOf(stage) == null) { add(stage, 'Expected a stage'); return }
            one(stage, node, inParallel)
        }
    }

    private void one(Statement stage, boolean node, boolean inParallel) {
        def name = text(argumentsOf(callOf(stage))[0])
        if (name == null) { add(stage, 'Expected string literal') }
        else if (!name) { add(stage, 'Stage does not have a name') }
        else if (!stageNames.add(name)) { add(stage, "Duplicate stage name: \"${name}\"") }
        def seen = sections(blockOf(stage), table.stageSections, 'stage section')
        def bodies = ['steps', 'stages', 'parallel', 'matrix'].findAll { seen[it] }
        if (!bodies) { add(stage, "Expected one of \"steps\", \"stages\", or \"parallel\" for stage \"${name}\"") }
        if (bodies.size() > 1) { add(stage, "Only one of \"matrix\", \"parallel\", \"stages\", or \"steps\" allowed for stage \"${name}\"") }
        def sideBySide = seen.parallel ?: seen.matrix
        if (sideBySide && inParallel) { add(sideBySide, '"matrix" or "parallel" cannot be nested inside another "matrix" or "parallel".') }
        if (sideBySide && seen.agent) { add(seen.agent, "\"agent\" is not allowed in stage \"${name}\" as it contains parallel or matrix stages") }
        if (seen.agent) { node = agent(seen.agent) }
        def wrappers = seen.options ? options(seen.options, true) : []
        def first = seen.when ? when(seen.when) : [] as Set
        if (seen.input) { input(seen.input) }
        if (seen.environment) { environment(seen.environment) }
        if (seen.when) { order(stage, seen, wrappers, first) }
        if (seen.post) { post(seen.post, node) }
        if (seen.steps) {
            if (!blockOf(seen.steps)?.statements) { add(seen.steps, 'No steps specified for branch') }
            else { steps(blockOf(seen.steps), [inScript: false, node: node]) }
        }
        if (seen.stages) { stages(seen.stages, node, inParallel) }
        if (seen.parallel) { stages(seen.parallel, node, true) }
    }

    /** What `when` must be asked before: by default Jenkins asks it last. `beforeOptions` is before all of them. */
    private void order(Statement stage, Map seen, List wrappers, Set first) {
        if ('beforeOptions' in first) { return }
        if ('lock' in wrappers) { add(stage, 'house rule: `when` is asked after the lock is taken; write `beforeOptions true`') }
        if ('beforeInput' in first) { return }
        if (seen.input) { add(stage, 'house rule: `when` is asked after the question; write `beforeInput true`') }
        else if (seen.agent && !('beforeAgent' in first)) { add(stage, 'house rule: `when` is asked after the agent is taken; write `beforeAgent true`') }
    }

    /** Which `before…` are true. */
    private Set<String> when(Statement s) {
        def first = [] as Set
        int conditions = 0
        (blockOf(s)?.statements ?: []).each { c ->
            def call = callOf(c)
            def name = call?.methodAsString
            if (name == null) { add(c, 'Expected a when condition') }
            else if (name in ['beforeAgent', 'beforeInput', 'beforeOptions']) {
                def value = argumentsOf(call).find()
                if (!(value instanceof ConstantExpression && value.value instanceof Boolean)) { add(c, "Expected a boolean with ${name}") }
                else if (value.value) { first << name }
            } else {
                conditions++
                condition(c)
            }
        }
        if (!conditions) { add(s, 'Empty when closure, remove the property or add some content.') }
        first
    }

    private void condition(Statement c) {
        def call = callOf(c)
        def name = call?.methodAsString
        if (!(name in table.conditions)) { add(c, "Unknown conditional ${name}. Valid conditionals are: ${table.conditions.join(', ')}") }
        else if (name in table.nested) {
            def inner = bodyOf(call)?.statements ?: []
            if (!inner) { add(c, "Nested when condition \"${name}\" requires at least one child condition.") }
            inner.each { condition(it) }
        } else if (name == 'expression' && bodyOf(call) == null) { add(c, 'expression step without a block') }
    }

    private void input(Statement s) {
        def seen = sections(blockOf(s) ?: new BlockStatement(), table.input, 'field for input')
        if (!seen.message) { add(s, 'No message specified for input') }
    }

    // ---- steps and functions

    /** `at.inScript`: plain Groovy is allowed. `at.node`: there is an agent. `at.locals`: closures that may be called. */
    private void steps(Statement block, Map at) {
        def statements = block instanceof BlockStatement ? block.statements : [block]
        if (!at.inScript) {
            statements.each { s ->
                def call = callOf(s)
                if (call == null || !call.implicitThis) { add(s, call ? 'Method calls on objects not allowed outside "script" blocks.' : 'Expected a step'); return }
                def name = call.methodAsString
                if (name in table.notInSteps) { add(s, "Invalid step \"${name}\" used - not allowed in this context") }
                if (name == 'script') {
                    if (bodyOf(call) == null) { add(s, 'Script step without a block') } else { steps(bodyOf(call), at + [inScript: true]) }
                    return
                }
                known(call, at)
                if (bodyOf(call) != null) { steps(bodyOf(call), at + [node: at.node || name == 'node']) }
            }
            return
        }
        def checker = this
        block.visit(new CodeVisitorSupport() {
            void visitMethodCallExpression(MethodCallExpression call) {
                if (call.implicitThis && call.methodAsString != null) { checker.known(call, at) }
                // Behind `node` there is an agent.
                if (call.implicitThis && call.methodAsString == 'node' && checker.bodyOf(call) != null) {
                    checker.steps(checker.bodyOf(call), at + [node: true])
                    return
                }
                super.visitMethodCallExpression(call)
            }
        })
    }

    /** A step of the table with right parameters, or a function of the file. */
    void known(MethodCallExpression call, Map at) {
        def name = call.methodAsString
        if (name in at.locals) { return }
        if (methods[name] != null) {
            if (!at.node && needsNode(name)) { add(call, "`${name}` needs an agent, and there is none") }
            return
        }
        def step = table.steps[name]
        if (step == null) { add(call, "no step or function `${name}`"); return }
        if (step.node && !at.node) { add(call, "`${name}` needs an agent, and there is none") }
        arguments(call, name)
    }

    private void arguments(MethodCallExpression call, String name) {
        def step = table.steps[name]
        def given = named(call)
        def unnamed = given.keySet().findAll { it instanceof Integer }
        if (unnamed && unnamed.size() < given.size()) { add(call, "`${name}`: Cannot mix named and unnamed arguments"); return }
        if (unnamed.size() > 1 || unnamed && step.one == null) { add(call, "Arguments to \"${name}\" must be explicitly named."); return }
        if (unnamed) { given = [(step.one): given[0]] }
        given.keySet().findAll { !(it in step.named) }.each { add(call, "`${name}`: Invalid parameter \"${it}\"") }
        step.must.findAll { !given.containsKey(it) }.each { add(call, "`${name}`: Missing required parameter: \"${it}\"") }
        if (name == 'lock' && !given.resource && !given.label) { add(call, '`lock`: Either resource label or resource name must be specified.') }
        if (name == 'lock' && text(given.resource)?.contains(' ')) { add(call, '`lock`: a resource name has no spaces') }
        if (name == 'junit' && !(given.skipMarkingBuildUnstable?.text == 'true')) { add(call, 'house rule: `junit` without `skipMarkingBuildUnstable: true` decides what the exit code should') }
    }

    /** Does a function of the file use a step that needs an agent? */
    private boolean needsNode(String name) {
        if (nodeMethods.containsKey(name)) { return nodeMethods[name] }
        nodeMethods[name] = false
        boolean found = false
        methods[name].code.visit(new CodeVisitorSupport() {
            void visitMethodCallExpression(MethodCallExpression call) {
                def called = call.methodAsString
                found = found || call.implicitThis && (table.steps[called]?.node || methods[called] != null && needsNode(called))
                super.visitMethodCallExpression(call)
            }
        })
        nodeMethods[name] = found
    }

    // ---- everywhere

    /** No GString anywhere, nothing that the sandbox refuses, no literal that the class file cannot hold. */
    private void strings(ModuleNode module) {
        def checker = this
        def visitor = new CodeVisitorSupport() {
            void visitGStringExpression(GStringExpression g) {
                checker.add(g, 'house rule: Groovy interpolates this string; a secret in it would reach the command line')
                super.visitGStringExpression(g)
            }
            void visitConstantExpression(ConstantExpression c) {
                if (c.value instanceof String && c.value.length() > 65535) { checker.add(c, 'a string literal of more than 65535 characters') }
            }
            void visitPropertyExpression(PropertyExpression p) {
                if (p.propertyAsString in checker.table.notInSandbox) { checker.add(p, "the sandbox refuses `${p.propertyAsString}`") }
                super.visitPropertyExpression(p)
            }
            void visitVariableExpression(VariableExpression v) {
                if (v.name in checker.table.notInSandbox) { checker.add(v, "the sandbox refuses `${v.name}`") }
            }
        }
        module.statementBlock.visit(visitor)
        module.methods.each { m ->
            m.annotations.findAll { it.classNode.nameWithoutPackage in table.notInSandbox }.each { add(m, "the sandbox refuses `@${it.classNode.nameWithoutPackage}`") }
            m.code.visit(visitor)
        }
    }

    /** Every job that a condition names in `['a', 'b'].every { … }` is a stage. */
    private void needs(Statement pipeline) {
        def checker = this
        pipeline.visit(new CodeVisitorSupport() {
            void visitMethodCallExpression(MethodCallExpression call) {
                if (call.methodAsString in ['every', 'any'] && call.objectExpression instanceof ListExpression) {
                    call.objectExpression.expressions.each {
                        if (!(checker.text(it) in checker.stageNames)) { checker.add(it, "house rule: no stage is called `${it.text}`") }
                    }
                }
                super.visitMethodCallExpression(call)
            }
        })
    }
}

def here = new File(getClass().protectionDomain.codeSource.location.toURI()).parentFile
def table = evaluate(new File(here, 'table.groovy'))
boolean expecting = args && args[0] == '--expect'
def files = (expecting ? args.drop(1) : args).collect { new File(it) }
if (!files) {
    System.err.println('usage: groovy structure.groovy [--expect] FILE...')
    System.exit(2)
}
int wrong = 0
files.each { file ->
    def text = file.getText('UTF-8')
    def found = Checker.check(table, text).collect { "${file}:${it.line}: ${it.message}".toString() }
    if (expecting) {
        def expected = text.readLines().findAll { it.startsWith('// expect: ') }.collect { file.path + ':' + it.substring(11) }
        if (!expected) { expected = ["${file}: no `// expect:` line".toString()] }
        (expected - found).each { wrong++; println "missing   ${it}" }
        (found - expected).each { wrong++; println "unforeseen ${it}" }
    } else {
        found.each { wrong++; println it }
    }
}
System.err.println("structure: ${files.size()} files, ${wrong} ${expecting ? 'surprises' : 'findings'}")
System.exit(wrong ? 1 : 0)
