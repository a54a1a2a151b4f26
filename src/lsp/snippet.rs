//! A statement to fill in, from the shape that the table of keywords gives.

use crate::spec::keywords;
use crate::spec::shape::{Keyword, Kind, Opens, Place, Shape};

/// The statement in the notation of the protocol, places to fill in numbered from 1, the last one `$0`.
pub(super) fn of(keyword: &Keyword) -> String {
    let mut writer = Writer { out: String::from(keyword.word), next: 1 };
    let whole = writer.sequence(keyword.args);
    match keyword.opens {
        Opens::Must(place) if whole => writer.block(place),
        _ => writer.out.push_str(if whole { "$0" } else { " $0" }),
    }
    writer.out
}

struct Writer {
    out: String,
    next: usize,
}

impl Writer {
    /// False where there are several forms: the user chooses one first.
    fn sequence(&mut self, shapes: &[Shape]) -> bool {
        shapes.iter().all(|shape| self.shape(shape))
    }

    fn shape(&mut self, shape: &Shape) -> bool {
        match shape {
            Shape::The(word) | Shape::Op(word) => self.out.push_str(&format!(" {word}")),
            Shape::Comma => self.out.push(','),
            Shape::Maybe(_) => {}
            Shape::List(inner) => return self.sequence(inner),
            Shape::Either([form]) => return self.sequence(form),
            Shape::Either(_) => return false,
            Shape::A(_, Kind::OneOf([word])) => self.out.push_str(&format!(" {word}")),
            Shape::A(name, kind) => {
                let field = self.field(name, *kind);
                self.out.push_str(&format!(" {field}"));
            }
        }
        true
    }

    fn field(&mut self, name: &str, kind: Kind) -> String {
        let n = self.next;
        self.next += 1;
        match kind {
            Kind::OneOf(words) => format!("${{{n}|{}|}}", words.join(",")),
            Kind::Compare => format!("${{{n}|>=,<=,>,<,==,!=|}}"),
            Kind::Sign => format!("${{{n}|+,-|}}"),
            Kind::Str | Kind::Path | Kind::Template | Kind::Shell | Kind::Raw => {
                format!("\"${{{n}:{name}}}\"")
            }
            Kind::Upper => format!("${{{n}:NAME}}"),
            _ => format!("${{{n}:{name}}}"),
        }
    }

    /// A block with what it cannot do without.
    fn block(&mut self, place: Place) {
        self.out.push_str(" {\n");
        for keyword in keywords::within(place).filter(|k| k.required) {
            self.out.push_str(&format!("\t{}", keyword.word));
            let whole = self.sequence(keyword.args);
            let open = !whole || matches!(keyword.opens, Opens::Must(_));
            self.out.push_str(if open { " \n" } else { "\n" });
        }
        self.out.push_str("\t$0\n}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(place: Place, word: &str) -> String {
        keywords::find(place, word).map(of).unwrap_or_default()
    }

    #[test]
    fn places_to_fill_in() {
        assert_eq!(shown(Place::Top, "gate"), "gate ${1:name} {\n\t$0\n}");
        assert_eq!(shown(Place::Top, "on"), "on $0");
        assert_eq!(shown(Place::Gate, "repeat"), "repeat ${1:times} pass ${2:pass}$0");
        assert_eq!(shown(Place::Gate, "report"), "report junit \"${1:path}\"$0");
        assert_eq!(shown(Place::Runner, "offline"), "offline$0");
        assert_eq!(shown(Place::Top, "deploy"), "deploy ${1:name} {\n\ttarget ${2:target}\n\t$0\n}");
    }

    #[test]
    fn every_snippet_is_well_formed() {
        for keyword in keywords::all() {
            let text = of(keyword);
            assert!(text.starts_with(keyword.word) && text.matches("$0").count() == 1, "{text}");
            assert_eq!(
                text.matches("${").count(),
                text.matches('}').count() - text.matches("\n}").count(),
                "{text}"
            );
        }
    }
}
