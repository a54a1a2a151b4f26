"""Every operator at, below and above its limit; every kind of value that is not a number."""

import json
import os
import shutil
import tempfile
import unittest

from desk import load

runtime = load()


class Rules(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, folder)
        self.addCleanup(os.chdir, os.getcwd())
        os.chdir(folder)

    def judge(self, text, op, bound, baseline=None, metric="m", format="json"):
        with open("m.json", "w", encoding="utf-8", newline="") as file:
            file.write(text)
        base = None
        if baseline is not None:
            with open("b.json", "w", encoding="utf-8") as file:
                file.write(baseline)
            base = runtime.Source("b.json", "json")
        rule = runtime.Rule([metric, op, bound, "", "7", f"{metric} {op} {bound}"])
        return rule.judge([runtime.Source("m.json", format)], base)

    def test_every_operator_below_at_and_above(self) -> None:
        table = {
            "<": (True, False, False),
            "<=": (True, True, False),
            ">": (False, False, True),
            ">=": (False, True, True),
            "==": (False, True, False),
            "!=": (True, False, True),
        }
        for op, expected in table.items():
            for value, held in zip(("0.84999999999999999999", "0.85", "0.8500000000000000001"), expected):
                verdict = self.judge('{"m": %s}' % value, op, "0.85")["verdict"]
                self.assertEqual(verdict, "pass" if held else "fail", (op, value))

    def test_numbers_are_compared_as_written(self) -> None:
        # In binary floating point 0.3 is less than 0.1 + 0.2, and 2^53 + 1 does not exist.
        for value, op, bound, base, verdict in [
            ("0.3", ">=", "baseline+0.2", "0.1", "pass"),
            ("0.3", ">", "baseline+0.2", "0.1", "fail"),
            ("9007199254740993", ">", "9007199254740992", None, "pass"),
            ("0.85e0", "==", "0.85", None, "pass"),
            ("-0.0", "==", "0", None, "pass"),
            ("1E-400", ">", "0", None, "pass"),
        ]:
            baseline = None if base is None else '{"m": %s}' % base
            found = self.judge('{"m": %s}' % value, op, bound, baseline)
            self.assertEqual(found["verdict"], verdict, (value, op, bound))

    def test_tolerances_at_their_edges(self) -> None:
        for bound, base, at in [
            ("baseline", "0.9", "0.9"),
            ("baseline-0.01", "0.9", "0.89"),
            ("baseline+0.01", "0.9", "0.91"),
            ("baseline+10%", "200", "220"),
            ("baseline-10%", "200", "180"),
            ("baseline+10%", "-200", "-180"),
            ("baseline-10%", "-200", "-220"),
            ("baseline+2.5%", "0", "0"),
            ("baseline-0.01", "1e-9", "-0.009999999"),
        ]:
            baseline = '{"m": %s}' % base
            edge = self.judge('{"m": %s}' % at, ">=", bound, baseline)
            self.assertEqual(edge["verdict"], "pass", (bound, base, edge))
            self.assertEqual(self.judge('{"m": %s}' % at, ">", bound, baseline)["verdict"], "fail")
            below = json.dumps({"m": float(at) - 1e-6})
            self.assertEqual(self.judge(below, ">=", bound, baseline)["verdict"], "fail", bound)

    def test_what_is_no_number_fails_every_operator(self) -> None:
        table = {
            '{"m": null}': "null",
            '{"m": true}': "the boolean true",
            '{"m": "0.99"}': 'the string "0.99"',
            '{"m": [1]}': "a list",
            '{"m": {"n": 1}}': "it is an object",
            '{"m": NaN}': "NaN, which is not a number",
            '{"m": Infinity}': "Infinity, which is not a number",
            '{"m": -Infinity}': "-Infinity, which is not a number",
            '{"m": 1e400}': "larger than any number",
            '{"m": 1e999999}': "outside the range",
            '{"m": 1%s}' % ("0" * 5000): "outside the range",
            '{"m": 1, "m": 2}': 'the key "m" is written twice',
            '{"n": 1}': "there is n",
            "{}": "no number is there",
            "": "m.json is empty",
            "  \n": "m.json is empty",
            "m = 1": "m.json is not JSON",
            '{"m": 1': "m.json is not JSON",
            "[1]": "m.json holds a list, not an object",
            "3": "m.json holds a number, not an object",
            '\ufeff{"m": 1}': "m.json is not JSON",
            '{"a":' * 100_000: "m.json is ",
        }
        for text, reason in table.items():
            for op in runtime.COMPARE:
                with self.subTest(text=text[:40], op=op):
                    found = self.judge(text, op, "0.5")
                    self.assertEqual(found["verdict"], "fail")
                    self.assertIn(reason, found["reason"])
                    # As a baseline it fails as surely as in the metrics.
                    found = self.judge('{"m": 1}', op, "baseline", text)
                    self.assertEqual(found["verdict"], "fail")
                    self.assertIn("baseline", found["reason"])

    def test_files_that_cannot_be_read(self) -> None:
        self.assertIn("nothing.json is not there", runtime.Source("nothing.json", "json").problem)
        os.mkdir("folder")
        self.assertIn("cannot be read", runtime.Source("folder", "json").problem)
        with open("latin.json", "wb") as file:
            file.write(b'{"m": 1, "x": "\xe9"}')
        self.assertIn("not UTF-8", runtime.Source("latin.json", "json").problem)
        with open("large.json", "wb") as file:
            file.write(b'{"m": 1, "x": "' + b" " * (16 << 20) + b'"}')
        self.assertIn("larger than 16 MiB", runtime.Source("large.json", "json").problem)

    def test_a_name_as_a_whole_beats_a_path(self) -> None:
        for text, metric, value in [
            ('{"a.b": 1, "a": {"b": 2}}', "a.b", "1"),
            ('{"a": {"b": 2}}', "a.b", "2"),
            ('{"a": {"b.c": 3, "b": {"c": 4}}}', "a.b.c", "3"),
            ('{"rag": {"map@0.5": 5}}', 'rag."map@0.5"', "5"),
            ('{"rag": {"map@0.5": 5}}', '"rag"."map@0.5"', "5"),
            ('{"x": 1, "x": 1, "a": {"b": 6}}', "a.b", "6"),
        ]:
            self.assertEqual(self.judge(text, "<", "9", metric=metric)["value"], value, text)
        self.assertIn("null", self.judge('{"a.b": null, "a": {"b": 2}}', "<", "9", metric="a.b")["reason"])

    def test_the_first_file_that_has_it(self) -> None:
        for name, text in (("1.json", '{"a": 1}'), ("2.json", '{"a": 2, "b": 3}')):
            with open(name, "w", encoding="utf-8") as file:
                file.write(text)
        sources = [runtime.Source("1.json", "json"), runtime.Source("2.json", "json")]
        self.assertEqual(str(runtime.look_up(sources, "a")), "1")
        self.assertEqual(str(runtime.look_up(sources, "b")), "3")
        broken = [runtime.Source("0.json", "json"), *sources]
        with self.assertRaisesRegex(runtime.NoNumber, "0.json is not there"):
            runtime.look_up(broken, "a")

    def test_junit_counts_its_cases(self) -> None:
        text = """<testsuites time="9.5"><testsuite tests="99" failures="0">
          <testcase name="a"/><testcase name="b"><failure/></testcase>
          <testcase name="c"><error/></testcase><testcase name="d"><skipped/></testcase>
          <testcase name="e"><failure/><error/></testcase></testsuite></testsuites>"""
        counts = dict(tests="5", failures="2", errors="1", skipped="1", passed="1", time="9.5")
        for name, value in counts.items():
            found = self.judge(text, "==", value, metric=name, format="junit")
            self.assertEqual(found["verdict"], "pass", (name, found))

    def test_junit_refuses_what_a_report_does_not_need(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aa"><!ENTITY b "&a;&a;">]><testsuite name="&b;"/>'
        for text, reason in [
            (bomb, "has a document type"),
            ('<!DOCTYPE x SYSTEM "file:///etc/passwd"><testsuite/>', "has a document type"),
            ("<html/>", "its root is <html>"),
            ("<testsuite>", "is not XML"),
        ]:
            found = self.judge(text, ">=", "0", metric="tests", format="junit")
            self.assertEqual(found["verdict"], "fail")
            self.assertIn(reason, found["reason"])

    def test_a_number_never_looks_like_the_limit_that_it_missed(self) -> None:
        found = self.judge('{"m": 0.849999999}', ">=", "0.85")
        self.assertEqual(found["reason"], "0.849999999 is not >= 0.85")
        found = self.judge('{"m": 0.8123456789}', ">=", "0.85")
        self.assertEqual(found["reason"], "0.812346 is not >= 0.85")


if __name__ == "__main__":
    unittest.main()
