"""The parts of the runtime share one set of names; one part must not take another's."""

from __future__ import annotations

import ast
import collections
import unittest

from bench import runtime_text


class Parts(unittest.TestCase):
    def test_no_name_is_defined_twice(self) -> None:
        kinds = (ast.FunctionDef, ast.ClassDef)
        names = [node.name for node in ast.parse(runtime_text()).body if isinstance(node, kinds)]
        twice = [name for name, count in collections.Counter(names).items() if count > 1]
        self.assertEqual(twice, [])
        self.assertGreater(len(names), 100)

    def test_it_is_python_3_8(self) -> None:
        ast.parse(runtime_text(), feature_version=(3, 8))


if __name__ == "__main__":
    unittest.main()
