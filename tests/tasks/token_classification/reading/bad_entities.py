"""Files of entities that cannot be used: name -> (file, content, error code, lines at fault)."""

from __future__ import annotations

import json

GOOD = "Bob B-PER\nran O\n\n"

CHUNKS = "当/o 希望工程/nt 救助/o\n王明/nr 在/o 说/o\n"
NAMES = "<START:a> Bob <END> ran\n"
TAGS = "<PER>王</PER>在<LOC>京</LOC>\n<PER>李</PER>在<LOC>京</LOC>\n"


def spans(*entities, text="Anna Lee lives in Paris."):
    """Return two lines of JSON, the second with the entities."""
    fine = {"text": "Bob ran", "entities": [[0, 3, "PER"]]}
    return "\n".join(json.dumps(x) for x in (fine, {"text": text, "entities": list(entities)}))


def record(value):
    """Return two lines of JSON, the second the record given."""
    fine = {"text": "Bob ran", "entities": [{"start": 0, "end": 3, "label": "PER"}]}
    return json.dumps(fine) + "\n" + json.dumps(value)


def studio(region, **more):
    """Return a Label Studio export of two tasks, one a line."""

    def task(i, result):
        data = {"text": "Anna Lee lives in Paris."}
        return {"id": i, "data": data, "annotations": [{"result": result}], **more}

    ok = {"type": "labels", "value": {"start": 0, "end": 4, "labels": ["PER"]}}
    return "[\n" + json.dumps(task(1, [ok])) + ",\n" + json.dumps(task(2, [region])) + "\n]"


ROWS = "data-rows"
BAD = {
    # columns
    "i without b": ("x.conll", GOOD + "in O\nRome I-LOC\n", ROWS, [5]),
    "i of another type": ("x.conll", GOOD + "Ann B-PER\nLee I-LOC\n", ROWS, [5]),
    "i after a sentence": ("x.conll", GOOD + "Ann B-PER\n\nLee I-PER\n", ROWS, [6]),
    "two at once": ("x.conll", GOOD + "a I-X\nb O\n\nBo B-PER\nc I-Y\n", ROWS, [4, 8]),
    "unknown prefix": ("x.conll", GOOD + "Rome Q-LOC\n", ROWS, [4]),
    "a bare type among prefixes": ("x.conll", GOOD + "Rome LOC\n", ROWS, [4]),
    "no tag": ("x.conll", GOOD + "Rome\n", ROWS, [4]),
    "no tag, tabs": ("x.conll", "Bob\tB-PER\nran\t\n", ROWS, [2]),
    "no token, tabs": ("x.conll", "Bob\tB-PER\n\tB-PER\n", ROWS, [2]),
    "a column too many": ("x.conll", GOOD + "New York B-LOC\n", ROWS, [4]),
    "columns vary": ("x.conll", "a NN O\nb NN B-X\nc O\nd NN O\ne O\n", ROWS, [3, 5]),
    "one column": ("x.conll", "Bob\nran\n", "data-columns", []),
    "nothing but blanks": ("x.conll", "\n\n  \n", "data-empty", []),
    "empty": ("x.conll", "", "data-empty", []),
    "only documents": ("x.conll", "-DOCSTART- -X- O O\n\n", "data-empty", []),
    "numbers": ("x.conll", "Bob 1\nran 0\n\nhe 2\n", "data-tag-names", []),
    "binary": ("x.conll", b"PK\x03\x04zip", "data-file", []),
    "png": ("x.conll", b"\x89PNG\r\n", "data-file", []),
    "nested columns": ("x.tsv", "a\tB-ORG\tO\nb\tI-ORG\tB-LOC\n\nc\tB-LOC\tB-ORG\n",
                       "data-columns", []),
    "values as many as tokens": (
        "x.tsv", "".join(f"w{i}\tv{i}\n" for i in range(200)), "data-tags", []),
    "every token has a type": ("x.txt", "hello world\nthis is\n", "data-tags", []),
    "parts of speech": ("x.jsonl", '{"tokens": ["a", "b"], "tags": ["DT", "NN"]}', "data-tags", []),
    # BIOES and its kin
    "b that never ends": ("x.txt", "a B-X\nb O\nc B-X\nd E-X\ne S-X\n", ROWS, [1]),
    "b at the end": ("x.txt", "a B-X\nb E-X\nc S-X\n\nd B-X\n", ROWS, [5]),
    "m that never ends": ("x.txt", "a B-X\nb M-X\nc E-X\nd S-X\n\ne B-X\nf M-X\n", ROWS, [7]),
    "e without b": ("x.txt", "a B-X\nb E-X\nc S-X\n\nd E-X\n", ROWS, [5]),
    "m without b": ("x.txt", "a B-X\nb M-X\nc E-X\nd S-X\n\ne M-X\nf E-X\n", ROWS, [6]),
    "type changes": ("x.txt", "a B-X\nb E-Y\nc S-X\n", ROWS, [2]),
    "b after b": ("x.txt", "a B-X\nb B-X\nc E-X\nd S-X\n", ROWS, [1]),
    "l without b": ("x.txt", "a B-X\nb L-X\nc U-X\nd O\ne L-X\n", ROWS, [5]),
    # IOB1
    "b alone in iob1": ("x.txt", "a I-X\nb O\nc I-X\nd O\ne I-Y\nf O\ng B-Y\n", ROWS, [7]),
    # CSV
    "csv row too short": ("x.csv", "word,tag\nBob,B-PER\nran\n", ROWS, [3]),
    "csv row too long": ("x.csv", "word,tag\nBob,B-PER\nran,O,O\n", ROWS, [3]),
    "csv without a tag": ("x.csv", "word,tag\nBob,B-PER\nran,\n", ROWS, [3]),
    "csv without a token": ("x.csv", "word,tag\nBob,B-PER\n,B-LOC\n", ROWS, [3]),
    "csv tags fewer than words": (
        "x.csv", "sentence,tags\na b,O B-X\nc d,O O\ne f g,O O\n", ROWS, [4]),
    "csv list not closed": (
        "x.csv", "sentence,tags\na b,\"['O', 'B-X']\"\nc d,\"['O', 'O']\"\ne f,\"['O', 'O'\"\n",
        ROWS, [4]),
    "csv of malformed tags": ("x.csv", "word,tag\nBob,B-PER\nran,O\nRome,I-LOC\n", ROWS, [4]),
    "csv quote that swallows lines": (
        "x.csv", 'word,tag,x\nBob,B-PER,1\n",O,1\nran,O\n",O,1\n', ROWS, [3]),
    # spans
    "nested": ("x.jsonl", spans([0, 8, "PER"], [0, 4, "GIVEN"]), ROWS, [2]),
    "overlapping": ("x.jsonl", spans([0, 8, "PER"], [5, 14, "X"]), ROWS, [2]),
    "two types": ("x.jsonl", spans([0, 8, "PER"], [0, 8, "ORG"]), ROWS, [2]),
    "end before start": ("x.jsonl", spans([8, 2, "PER"]), ROWS, [2]),
    "beyond the text": ("x.jsonl", spans([18, 99, "LOC"]), ROWS, [2]),
    "negative": ("x.jsonl", spans([-3, 4, "PER"]), ROWS, [2]),
    "only white space": ("x.jsonl", spans([4, 5, "PER"]), ROWS, [2]),
    "no type": ("x.jsonl", spans([0, 4]), ROWS, [2]),
    "empty type": ("x.jsonl", spans([0, 4, " "]), ROWS, [2]),
    "offsets are words": ("x.jsonl", spans(["a", "b", "PER"]), ROWS, [2]),
    "object without end": ("x.jsonl", spans({"start": 0, "label": "PER"}), ROWS, [2]),
    "object without type": ("x.jsonl", spans({"start": 0, "end": 4}), ROWS, [2]),
    "object of two types": (
        "x.jsonl", spans({"start": 0, "end": 4, "labels": ["A", "B"]}), ROWS, [2]),
    "another text than it says": (
        "x.jsonl", spans({"start": 0, "end": 4, "label": "PER", "text": "Paris"}), ROWS, [2]),
    "empty text": ("x.jsonl", spans(text=" "), ROWS, [2]),
    "no entities": ("x.jsonl", record({"text": "a"}), ROWS, [2]),
    "no text": ("x.jsonl", record({"entities": [[0, 1, "A"]]}), ROWS, [2]),
    "a label, not spans": ("x.jsonl", record({"text": "a", "label": "pos"}), ROWS, [2]),
    "a number": ("x.jsonl", record(7), ROWS, [2]),
    "a list": ("x.jsonl", record([1, 2]), ROWS, [2]),
    "torn line": ("x.jsonl", spans() + '\n{"text": "a", "ent', ROWS, [3]),
    "two records on a line": ("x.jsonl", spans() + '\n{"a": 1} {"b": 2}', ROWS, [3]),
    "torn list": ("x.json", '[\n{"text": "a", "entities": []},\n{"text"', "data-json", [3]),
    "a number is no data": ("x.json", "42", "data-json", []),
    "empty list": ("x.json", "[]", "data-empty", []),
    "too deep": ("x.json", "[" * 100_000, "data-json", [1]),
    "a number of 5,000 digits": (
        "x.jsonl", spans() + '\n{"text": "a", "entities": [[0, ' + "9" * 5000 + ', "A"]]}', ROWS, [3]),
    "null": ("x.jsonl", record({"text": "a", "entities": None}), ROWS, [2]),
    # tokens in JSON
    "tags fewer than tokens": (
        "x.jsonl", '{"tokens": ["a"], "tags": ["B-X"]}\n{"tokens": ["b", "c"], "tags": ["O"]}',
        ROWS, [2]),
    "ids without names": ("x.jsonl", '{"tokens": ["a", "b"], "ner_tags": [0, 1]}',
                          "data-tag-names", []),
    "malformed in tokens": (
        "x.jsonl", '{"tokens": ["a"], "tags": ["B-X"]}\n{"tokens": ["b"], "tags": ["I-X"]}',
        ROWS, [2]),
    "token spans overlap": (
        "x.jsonl", '{"tokens": ["a"], "ner": [[0, 0, "X"]]}\n'
        '{"tokens": ["a", "b"], "ner": [[0, 1, "X"], [1, 1, "Y"]]}', ROWS, [2]),
    "token spans outside": (
        "x.jsonl", '{"tokens": ["a"], "ner": [[0, 0, "X"]]}\n'
        '{"tokens": ["a", "b"], "ner": [[0, 5, "X"]]}', ROWS, [2]),
    # Label Studio
    "studio overlap": ("x.json", studio({"value": {"start": 0, "end": 99, "labels": ["X"]}}),
                       ROWS, [3]),
    "studio two labels": (
        "x.json", studio({"value": {"start": 0, "end": 4, "labels": ["X", "Y"]}}), ROWS, [3]),
    "studio html": (
        "x.json", studio({"value": {"start": "/p[1]/text()[1]", "end": "/p[1]", "labels": ["X"]}}),
        ROWS, [3]),
    # chunks, OpenNLP, tags
    "chunk without a type": ("x.txt", CHUNKS + "我/o 在 北京/ns\n", ROWS, [3]),
    "chunk with a prefix": ("x.txt", CHUNKS + "我/o 在/o 北京/B-ns\n", ROWS, [3]),
    "type without a chunk": ("x.txt", CHUNKS + "我/o /ns 在/o\n", ROWS, [3]),
    "opennlp unclosed": ("x.txt", NAMES + "<START:a> x y\n", ROWS, [2]),
    "opennlp nested": ("x.txt", NAMES + "<START:a> x <START:b> y <END> <END>\n", ROWS, [2]),
    "opennlp closed twice": ("x.txt", NAMES + "<START:a> x <END> y <END>\n", ROWS, [2]),
    "opennlp empty": ("x.txt", NAMES + "<START:a> <END> x\n", ROWS, [2]),
    "opennlp small letters": ("x.txt", NAMES + "<start:a> x <end>\n", ROWS, [2]),
    "opennlp without a type": ("x.txt", NAMES + "<START:> x <END>\n", ROWS, [2]),
    "opennlp several": ("x.txt", NAMES + "<START:a> x\n\nok\ny <END>\n", ROWS, [2, 5]),
    "tag unclosed": ("x.txt", TAGS + "<PER>王\n", ROWS, [3]),
    "tag nested": ("x.txt", TAGS + "<ORG><LOC>北京</LOC>大学</ORG>\n", ROWS, [3]),
    "tags cross": ("x.txt", TAGS + "<ORG>北<LOC>京</ORG>市</LOC>\n", ROWS, [3]),
    "tag closed by another": ("x.txt", TAGS + "<PER>王</LOC>\n", ROWS, [3]),
    "tag never opened": ("x.txt", TAGS + "王</PER>\n", ROWS, [3]),
    "tag torn": ("x.txt", TAGS + "<PER 王</PER>\n", ROWS, [3]),
    "tag empty": ("x.txt", TAGS + "<PER></PER>王\n", ROWS, [3]),
    "tag closed in itself": ("x.txt", TAGS + "王<PER/>\n", ROWS, [3]),
    "enamex without a type": ("x.txt", TAGS + "<ENAMEX>王</ENAMEX>\n", ROWS, [3]),
    "tag across sentences": ("x.xml", "<s><PER>王</PER></s>\n<s>在<LOC>北</s>\n<s>京</LOC></s>\n",
                             ROWS, [2, 3]),
    # CLUENER
    "cluener pair": ("x.json", '{"text": "王明", "label": {"name": {"王明": [[0, 1]]}}}\n'
                     '{"text": "王明", "label": {"name": {"王明": [[0]]}}}', ROWS, [2]),
    "cluener text": ("x.json", '{"text": "王明在", "label": {"name": {"王明": [[0, 1]]}}}\n'
                     '{"text": "王明在", "label": {"name": {"李明": [[0, 1]]}}}', ROWS, [2]),
}  # fmt: skip
