/// <reference types="tree-sitter-cli/dsl" />
// @ts-check

// The mlpipe language, edition 1. As in the compiler's own grammar (grammar/mlpipe.pest) no keyword stands in here: any word may
// start a statement, and a table says which ones mean something where. queries/highlights.scm is generated from that table.

const NAME = /[\p{Alphabetic}_][\p{Alphabetic}0-9_-]*/;
const LINE_BREAK = /\n/;

module.exports = grammar({
  name: "mlpipe",

  // A carriage return is space, so that both kinds of line end read the same.
  extras: ($) => [/[ \t\r]/, $.comment],

  word: ($) => $.name,

  rules: {
    source_file: ($) => optional($._statements),

    // What a block or a file is made of. A statement ends with its line, at a `;`, or before the `}` around it.
    _statements: ($) =>
      choice(
        repeat1($._end),
        seq(repeat($._end), $.statement, repeat(seq(repeat1($._end), $.statement)), repeat($._end)),
      ),
    _end: () => choice(LINE_BREAK, ";"),

    statement: ($) =>
      seq(field("keyword", alias($.name, $.keyword)), optional($.arguments), optional($.block)),

    // A comma carries the statement on to the next line.
    arguments: ($) => seq(repeat1($._argument), repeat(seq(",", repeat(LINE_BREAK), repeat1($._argument)))),
    _argument: ($) => choice($.raw_block, $.path, $.quantity, $.operator),

    block: ($) => seq("{", optional($._statements), "}"),

    // A name, a string, or both with dots between: `main`, `latency.p95`, `rag."map@0.5"`.
    path: ($) => seq($._part, repeat(seq(token.immediate("."), $._next_part))),
    _part: ($) => choice($.name, $.string),
    _next_part: ($) =>
      choice(alias(token.immediate(NAME), $.name), alias($._next_string, $.string)),

    name: () => NAME,

    // `3`, `-0.5`, `1e-4`, `1%`, `200ms`.
    quantity: ($) => seq($.number, optional($.unit)),
    number: () => /-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?/,
    unit: () => token.immediate(/%|\p{Alphabetic}+/),

    operator: () => choice("<=", ">=", "==", "!=", "<", ">", "=", "+", "-"),

    string: ($) => seq('"', repeat($._text), token.immediate('"')),
    _next_string: ($) => seq(token.immediate('"'), repeat($._text), token.immediate('"')),
    _text: ($) => choice($._characters, $.escape, $.reference, $._dollar),
    _characters: () => token.immediate(prec(1, /[^"\\$\n]+/)),
    _dollar: () => token.immediate("$"),
    // Anything may stand behind a backslash; the compiler names the escapes that mean something.
    escape: () => token.immediate(/\\(u\{[0-9A-Fa-f]{1,6}\}|[^\n])/),
    // What stands between the braces is the compiler's, the run's or the shell's.
    reference: () => token.immediate(/\$\{[^}"\n]*\}/),

    // Raw text over several lines. A quote or two directly before the end belong to the text.
    raw_block: () => token(/"""([^"]|"[^"]|""[^"])*"""+/),

    comment: () => token(/#[^\n]*/),
  },
});
