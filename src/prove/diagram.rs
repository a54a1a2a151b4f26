//! Decision diagrams over outcomes: a formula is a node, equal formulas are the same node, so that comparing two of
//! them is comparing two numbers, and is complete for every vector of outcomes.
//!
//! A variable is what one call of the script comes to if it is made; it has four values, [`Outcome`]. Diagrams are
//! reduced and ordered by the plan's order of jobs, which keeps those of "all of these succeeded" linear.

use rustc_hash::FxHashMap;

/// What a call of the script comes to, if it is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Outcome {
    /// It ended with 0.
    Success,
    /// It ended with something else.
    Failure,
    /// The script stopped it at its own time limit.
    Timeout,
    /// The run was cancelled while it ran.
    Cancelled,
}

impl Outcome {
    /// All four, in the order of a node's children.
    pub const ALL: [Self; 4] = [Self::Success, Self::Failure, Self::Timeout, Self::Cancelled];
}

/// A formula. Two formulas that mean the same are equal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Node(u32);

impl Node {
    /// Always.
    pub const YES: Self = Self(1);
    /// Never.
    pub const NO: Self = Self(0);
}

impl From<bool> for Node {
    fn from(b: bool) -> Self {
        if b { Self::YES } else { Self::NO }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Branch {
    variable: u32,
    children: [Node; 4],
}

/// The formulas of one proof, each stored once.
#[derive(Debug, Default)]
pub struct Diagrams {
    branches: Vec<Branch>,
    known: FxHashMap<Branch, Node>,
    ands: FxHashMap<(Node, Node), Node>,
    ors: FxHashMap<(Node, Node), Node>,
    nots: FxHashMap<Node, Node>,
}

impl Diagrams {
    /// "The variable has one of these outcomes."
    pub fn is(&mut self, variable: u32, outcomes: &[Outcome]) -> Node {
        self.branch(variable, Outcome::ALL.map(|o| outcomes.contains(&o).into()))
    }

    /// Both.
    pub fn and(&mut self, a: Node, b: Node) -> Node {
        if a == b || b == Node::YES {
            return a;
        }
        if a == Node::YES {
            return b;
        }
        if a == Node::NO || b == Node::NO {
            return Node::NO;
        }
        let key = if a < b { (a, b) } else { (b, a) };
        if let Some(known) = self.ands.get(&key) {
            return *known;
        }
        let node = self.joined(a, b, Self::and);
        self.ands.insert(key, node);
        node
    }

    /// The contrary.
    pub fn not(&mut self, a: Node) -> Node {
        match a {
            Node::YES => return Node::NO,
            Node::NO => return Node::YES,
            _ => {}
        }
        if let Some(known) = self.nots.get(&a) {
            return *known;
        }
        let Branch { variable, children } = self.at(a);
        let children = children.map(|c| self.not(c));
        let node = self.branch(variable, children);
        self.nots.insert(a, node);
        self.nots.insert(node, a);
        node
    }

    /// At least one of the two.
    pub fn or(&mut self, a: Node, b: Node) -> Node {
        if a == b || b == Node::NO {
            return a;
        }
        if a == Node::NO {
            return b;
        }
        if a == Node::YES || b == Node::YES {
            return Node::YES;
        }
        let key = if a < b { (a, b) } else { (b, a) };
        if let Some(known) = self.ors.get(&key) {
            return *known;
        }
        let node = self.joined(a, b, Self::or);
        self.ors.insert(key, node);
        node
    }

    /// The operation on the parts of two branches.
    fn joined(&mut self, a: Node, b: Node, operation: fn(&mut Self, Node, Node) -> Node) -> Node {
        let (x, y) = (self.at(a), self.at(b));
        let variable = x.variable.min(y.variable);
        let mut children = [Node::NO; 4];
        for (i, child) in children.iter_mut().enumerate() {
            let of = |n: Node, d: Branch| if d.variable == variable { d.children[i] } else { n };
            *child = operation(self, of(a, x), of(b, y));
        }
        self.branch(variable, children)
    }

    /// The first and not the second.
    pub fn without(&mut self, a: Node, b: Node) -> Node {
        let not = self.not(b);
        self.and(a, not)
    }

    /// All of them; [`Node::YES`] for none. Cheap in any order.
    pub fn all(&mut self, nodes: impl IntoIterator<Item = Node>) -> Node {
        self.bottom_up(nodes).into_iter().fold(Node::YES, |acc, n| self.and(n, acc))
    }

    /// At least one of them; [`Node::NO`] for none.
    pub fn any(&mut self, nodes: impl IntoIterator<Item = Node>) -> Node {
        self.bottom_up(nodes).into_iter().fold(Node::NO, |acc, n| self.or(n, acc))
    }

    /// From the last variable upwards: each step then adds one branch on top of what is there.
    fn bottom_up(&self, nodes: impl IntoIterator<Item = Node>) -> Vec<Node> {
        let mut nodes: Vec<Node> = nodes.into_iter().collect();
        nodes.sort_by_key(|n| std::cmp::Reverse(self.top(*n)));
        nodes
    }

    /// A vector of outcomes for which the two differ: variable and outcome, only those that matter. Nothing if they are
    /// the same.
    pub fn difference(&mut self, a: Node, b: Node) -> Option<Vec<(u32, Outcome)>> {
        if a == b {
            return None;
        }
        let (only_a, only_b) = (self.without(a, b), self.without(b, a));
        let mut node = self.or(only_a, only_b);
        let mut vector = Vec::new();
        while node != Node::YES {
            let branch = self.at(node);
            // A success says least: prefer the vector in which most goes well.
            let (i, child) = branch.children.iter().enumerate().find(|(_, c)| **c != Node::NO)?;
            vector.push((branch.variable, Outcome::ALL[i]));
            node = *child;
        }
        Some(vector)
    }

    /// Does the formula hold for this vector of outcomes? For the tests that compare with plain enumeration.
    pub fn holds(&self, node: Node, outcome: &dyn Fn(u32) -> Outcome) -> bool {
        let mut node = node;
        while node != Node::YES && node != Node::NO {
            let branch = self.at(node);
            node = branch.children[outcome(branch.variable) as usize];
        }
        node == Node::YES
    }

    fn top(&self, n: Node) -> u32 {
        if n == Node::YES || n == Node::NO { u32::MAX } else { self.at(n).variable }
    }

    fn at(&self, n: Node) -> Branch {
        self.branches[n.0 as usize - 2]
    }

    fn branch(&mut self, variable: u32, children: [Node; 4]) -> Node {
        if children.iter().all(|c| *c == children[0]) {
            return children[0];
        }
        let branch = Branch { variable, children };
        if let Some(known) = self.known.get(&branch) {
            return *known;
        }
        let node = Node(u32::try_from(self.branches.len() + 2).unwrap_or(u32::MAX));
        self.branches.push(branch);
        self.known.insert(branch, node);
        node
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[derive(Debug, Clone)]
    enum Formula {
        Is(u32, Vec<Outcome>),
        And(Box<Self>, Box<Self>),
        Or(Box<Self>, Box<Self>),
        Not(Box<Self>),
    }

    impl Formula {
        fn node(&self, d: &mut Diagrams) -> Node {
            match self {
                Self::Is(v, o) => d.is(*v, o),
                Self::And(a, b) => {
                    let (a, b) = (a.node(d), b.node(d));
                    d.and(a, b)
                }
                Self::Or(a, b) => {
                    let (a, b) = (a.node(d), b.node(d));
                    d.or(a, b)
                }
                Self::Not(a) => {
                    let a = a.node(d);
                    d.not(a)
                }
            }
        }

        fn holds(&self, v: &[Outcome]) -> bool {
            match self {
                Self::Is(i, o) => o.contains(&v[*i as usize]),
                Self::And(a, b) => a.holds(v) && b.holds(v),
                Self::Or(a, b) => a.holds(v) || b.holds(v),
                Self::Not(a) => !a.holds(v),
            }
        }
    }

    fn formulas() -> impl Strategy<Value = Formula> {
        let outcome = prop::sample::select(Outcome::ALL.to_vec());
        let leaf = (0u32..4, prop::collection::vec(outcome, 0..4)).prop_map(|(v, o)| Formula::Is(v, o));
        leaf.prop_recursive(5, 32, 2, |inner| {
            prop_oneof![
                (inner.clone(), inner.clone()).prop_map(|(a, b)| Formula::And(a.into(), b.into())),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| Formula::Or(a.into(), b.into())),
                inner.prop_map(|a| Formula::Not(a.into())),
            ]
        })
    }

    fn vectors() -> impl Iterator<Item = [Outcome; 4]> {
        (0..256).map(|n: usize| [0, 2, 4, 6].map(|shift| Outcome::ALL[(n >> shift) & 3]))
    }

    proptest! {
        #[test]
        fn a_diagram_says_what_the_formula_says(a in formulas(), b in formulas()) {
            let d = &mut Diagrams::default();
            let (x, y) = (a.node(d), b.node(d));
            for v in vectors() {
                prop_assert_eq!(d.holds(x, &|i| v[i as usize]), a.holds(&v));
            }
            let same = vectors().all(|v| a.holds(&v) == b.holds(&v));
            prop_assert_eq!(x == y, same, "equal formulas are one node");
            if let Some(vector) = d.difference(x, y) {
                let v = |i: u32| vector.iter().find(|(n, _)| *n == i).map_or(Outcome::Failure, |(_, o)| *o);
                prop_assert_ne!(d.holds(x, &v), d.holds(y, &v), "the vector shows it");
            }
        }
    }

    #[test]
    fn a_thousand_jobs_need_a_thousand_branches() {
        let d = &mut Diagrams::default();
        let each: Vec<Node> = (0..1000).map(|v| d.is(v, &[Outcome::Success])).collect();
        d.all(each.iter().copied());
        d.any(each);
        assert!(d.branches.len() < 8000, "{} branches", d.branches.len());
    }
}
