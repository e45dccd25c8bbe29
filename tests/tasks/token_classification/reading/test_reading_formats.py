"""One small file a format: the entities it must give, and what is said of it."""

from __future__ import annotations

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from undercut.tasks.token_classification.reading.read import read
from undercut.tasks.token_classification.reading.recognise import recognise
from undercut.tasks.token_classification.words import words_of


def lines(*records) -> str:
    return "\n".join(json.dumps(r, ensure_ascii=False) for r in records)


ANNA = "Anna Lee lives in Paris."
WANTED = [("PER", "Anna Lee"), ("LOC", "Paris")]
IOB2 = "Anna B-PER\nLee I-PER\nlives O\nin O\nParis B-LOC\n. O\n"
FORMATS = {
    # name: (file name, content, entities in order, a note)
    "iob2": ("x.conll", IOB2 + "\nOK O\n", WANTED, "IOB2"),
    "iob1": ("x.txt", "Anna I-PER\nLee I-PER\nBob B-PER\nin O\n\nParis I-LOC\n",
             [("PER", "Anna Lee"), ("PER", "Bob"), ("LOC", "Paris")], "IOB1"),
    "bioes": ("x.bioes", "Anna B-PER\nLee E-PER\nin O\nParis S-LOC\n", WANTED, "BIOES"),
    "bilou": ("x.tsv", "Anna\tB-PER\nvan\tI-PER\nLee\tL-PER\nin\tO\nParis\tU-LOC\n",
              [("PER", "Anna van Lee"), ("LOC", "Paris")], "BILOU"),
    "bmes": ("x.bmes", "王 B-NAME\n小 M-NAME\n明 E-NAME\n在 O\n家 S-LOC\n",
             [("NAME", "王小明"), ("LOC", "家")], "BMES"),
    "bmoe-singles": ("x.char", "王 B-NAME\n明 E-NAME\n和 O\n李 B-NAME\n在 O\n", [
        ("NAME", "王明"), ("NAME", "李")], "BIOES"),
    "bmewo": ("x.txt", "王 B-PER\n小 M-PER\n明 E-PER\n在 O\n家 W-LOC\n",
              [("PER", "王小明"), ("LOC", "家")], "BMEWO"),
    "bare": ("x.tsv", "In\tO\nNew\tLOC\nYork\tLOC\n\nBob\tPER\nis\tO\nin\tO\n",
             [("LOC", "New York"), ("PER", "Bob")], "bare types"),
    "letters": ("x.txt", "Anna B\nLee I\nlives O\n\nok O\n", [("ENTITY", "Anna Lee")], "IOB2"),
    "suffixed": ("x.txt", "王 PER_B\n明 PER_I\n在 O\n", [("PER", "王明")], "IOB2"),
    "underscores": ("x.txt", "Anna B_PER\nLee I_PER\nran O\n", [("PER", "Anna Lee")], "IOB2"),
    "conll2003": ("eng.train", "-DOCSTART- -X- O O\n\nEU NNP I-NP I-ORG\nsaid VBD I-VP O\n\n"
                  "Bob NNP I-NP I-PER\n\n-DOCSTART- -X- O O\n\nRome NNP I-NP I-LOC\n",
                  [("ORG", "EU"), ("PER", "Bob"), ("LOC", "Rome")], "2 documents"),
    "conllu": ("x.conllu", "# sent_id = 1\n# text = I like Paris.\n1\tI\t_\tO\n2\tlike\t_\tO\n"
               "3\tParis\t_\tB-LOC\n4\t.\t_\tO\n\n# sent_id = 2\n1\tOK\t_\tO\n2\t!\t_\tO\n",
               [("LOC", "Paris")], "column 2 is the token"),
    "tag first": ("x.bio", "O\tshow\nB-Title\tdark\nI-Title\tcity\n\nO\tok\n",
                  [("Title", "dark city")], "column 2 is the token"),
    "crlf": ("x.conll", IOB2.replace("\n", "\r\n"), WANTED, "IOB2"),
    "kaggle": ("ner.csv", "Sentence #,Word,POS,Tag\nSentence: 1,In,IN,O\n,London,NNP,B-geo\n"
               ',",",",",O\nSentence: 2,Iran,NNP,B-gpe\n,won,VB,O\n',
               [("geo", "London"), ("gpe", "Iran")], "'Sentence #' its sentence"),
    "csv of ids": ("x.csv", "sentence_id,words,labels\n0,Anna,B-PER\n0,Lee,I-PER\n1,ok,O\n",
                   [("PER", "Anna Lee")], "'labels' its tag"),
    "csv of lists": ("x.csv", "sentence,tags\nin London now,\"['O', 'B-geo', 'O']\"\n"
                     "ok Bob,\"['O', 'B-per']\"\n", [("geo", "London"), ("per", "Bob")],
                     "a sentence a row"),
    "csv of spans": ("x.csv", 'text,entities\n"in Rome","[[3, 7, ""LOC""]]"\nok,[]\n',
                     [("LOC", "Rome")], "exclusive"),
    "spans": ("x.jsonl", lines({"text": ANNA, "entities": [
        {"start": 0, "end": 8, "label": "PER"}, {"start": 18, "end": 23, "label": "LOC"}]}),
        WANTED, "exclusive"),
    "inclusive": ("x.jsonl", lines({"text": ANNA, "entities": [
        {"start": 0, "end": 7, "label": "PER"}, {"start": 18, "end": 22, "label": "LOC"}]}),
        WANTED, "inclusive"),
    "doccano": ("x.jsonl", lines({"id": 1, "text": ANNA, "label": [[0, 8, "PER"], [18, 23, "LOC"]]}),
                WANTED, "exclusive"),
    "doccano 1": ("x.json1", lines({"text": ANNA, "labels": [[0, 8, "PER"], [18, 23, "LOC"]]}),
                  WANTED, "exclusive"),
    "doccano relations": ("x.jsonl", lines({"id": 1, "text": ANNA, "relations": [], "entities": [
        {"id": 1, "label": "PER", "start_offset": 0, "end_offset": 8},
        {"id": 2, "label": "LOC", "start_offset": 18, "end_offset": 23}]}), WANTED, "exclusive"),
    "spacy": ("x.json", json.dumps([[ANNA, {"entities": [[0, 8, "PER"], [18, 23, "LOC"]]}]]),
              WANTED, "exclusive"),
    "spacy spans": ("x.jsonl", lines({"text": ANNA, "spans": [
        {"start": 0, "end": 8, "label": "PER"}, {"start": 18, "end": 23, "label": "LOC"}]}),
        WANTED, "exclusive"),
    "prodigy": ("x.jsonl", lines({"text": ANNA, "tokens": [{"text": "Anna", "start": 0}], "spans": [
        {"start": 0, "end": 8, "label": "PER", "token_start": 0, "token_end": 1},
        {"start": 18, "end": 23, "label": "LOC"}]}), WANTED, "exclusive"),
    "cluener": ("x.json", lines(
        {"text": "叶老桂在浙商银行", "label": {"name": {"叶老桂": [[0, 2]]},
                                      "company": {"浙商银行": [[4, 7]]}}},
        {"text": "好", "label": {}}), [("name", "叶老桂"), ("company", "浙商银行")], "inclusive"),
    "cmeee": ("x.json", json.dumps([{"text": "房室结消融", "entities": [
        {"start_idx": 0, "end_idx": 4, "type": "pro", "entity": "房室结消融"}]}]),
        [("pro", "房室结消融")], "inclusive"),
    "label studio": ("x.json", json.dumps([
        {"id": 1, "data": {"text": ANNA}, "annotations": [{"was_cancelled": False, "result": [
            {"from_name": "label", "to_name": "text", "type": "labels", "value": {
                "start": 0, "end": 8, "text": "Anna Lee", "labels": ["PER"]}},
            {"type": "labels", "value": {"start": 18, "end": 23, "text": "Paris",
                                         "labels": ["LOC"]}}]}]},
        {"id": 2, "data": {"text": "x"}, "annotations": []}], indent=1), WANTED, "left out"),
    "label studio min": ("x.json", json.dumps([{"text": ANNA, "label": [
        {"start": 0, "end": 8, "text": "Anna Lee", "labels": ["PER"]},
        {"start": 18, "end": 23, "text": "Paris", "labels": ["LOC"]}]}]), WANTED, "own texts"),
    "utf-16 offsets": ("x.jsonl", lines({"text": "😀 in Paris", "entities": [
        {"start": 6, "end": 11, "label": "LOC", "text": "Paris"}]}), [("LOC", "Paris")], "UTF-16"),
    "dataturks": ("x.json", lines({"content": ANNA, "annotation": [
        {"label": ["PER"], "points": [{"start": 0, "end": 7, "text": "Anna Lee"}]},
        {"label": ["LOC"], "points": [{"start": 18, "end": 22, "text": "Paris"}]}]}),
        WANTED, "inclusive"),
    "huggingface": ("x.jsonl", lines({"id": "0", "tokens": ["Anna", "Lee", "in", "Paris"],
                                      "ner_tags": ["B-PER", "I-PER", "O", "B-LOC"]}),
                    WANTED, "IOB2"),
    "gliner": ("x.json", json.dumps([{"tokenized_text": ["Anna", "Lee", "in", "Paris"],
                                      "ner": [[0, 1, "PER"], [3, 3, "LOC"]]}]), WANTED, "inclusive"),
    "dygie": ("x.jsonl", lines({"doc_key": "a", "sentences": [["Anna", "Lee", "ran"], ["in", "Paris"]],
                                "ner": [[[0, 1, "PER"]], [[4, 4, "LOC"]]]}), WANTED, "1 document"),
    "w2ner": ("x.json", json.dumps([{"sentence": ["Anna", "Lee", "ran"], "ner": [
        {"index": [0, 1], "type": "PER"}]}]), [("PER", "Anna Lee")], "inclusive"),
    "offset and length": ("x.jsonl", lines({"text": ANNA, "entities": [
        {"offset": 0, "length": 8, "category": "PER"},
        {"offset": 18, "length": 5, "category": "LOC"}]}), WANTED, "exclusive"),
    "inline": ("x.txt", "EU/B-ORG said/O no/O\nAnna/B-PER Lee/I-PER ran/O\n",
               [("ORG", "EU"), ("PER", "Anna Lee")], "a sentence a line"),
    "msra": ("train1.txt", "当/o 希望工程/nt 救助/o 的/o\n王明/nr 李明/nr 在/o IBM/nt Asia/nt ，/o 在/o\n",
             [("nt", "希望工程"), ("nr", "王明"), ("nr", "李明"), ("nt", "IBM"), ("nt", "Asia")],
             "in chunks"),
    "opennlp": ("en-ner.train", "<START:person> Anna Lee <END> lives in <START:place> Paris <END> .\n"
                "<START:person> Bob <END><START:person>Lee<END>\n\nok <START> it <END>\n",
                [("person", "Anna Lee"), ("place", "Paris"), ("person", "Bob"), ("person", "Lee"),
                 ("default", "it")], "2 documents"),
    "tags": ("x.txt", "<PER>张三</PER>去了<LOC>北京</LOC>。\n\n<TITLE>董事长</TITLE>3 < 5 &lt;&amp; <br/>ok\n",
             [("PER", "张三"), ("LOC", "北京"), ("TITLE", "董事长")], "a line of text a row"),
    "enamex": ("x.sgm", "<DOC>\n<DOCID> x1 </DOCID>\n<HL> Of <ENAMEX TYPE=\"PERSON\">Bob</ENAMEX> </HL>\n"
               "<TEXT>\n<s>In <ENAMEX\n TYPE='LOC'>New\nYork</ENAMEX> <b>now</b>.</s>\n<s>ok</s>\n</TEXT></DOC>",
               [("PERSON", "Bob"), ("LOC", "New York")], "an element of text a row"),
    "around": ("x.xml", "<?xml version='1.0'?>\n<corpus>\n<per>Anna Lee</PER> ran.\nIn <name type='LOC'>"
               "Paris</name>\n</corpus>\n", [("per", "Anna Lee"), ("LOC", "Paris")],
               "a line of text a row"),
    "conll2012": ("x_gold_conll",
                  "#begin document (bc/x); part 000\n"
                  "bc/x 0 0 In IN (TOP* - - - Spk * -\n"
                  "bc/x 0 1 New NNP (NP* - - - Spk (GPE* (0\n"
                  "bc/x 0 2 York NNP *)) - - - Spk *) 0)\n"
                  "\nbc/x 0 0 Bob NNP * - - - Spk (PERSON) * * -\n\n#end document\n",
                  [("GPE", "New York"), ("PERSON", "Bob")], "CoNLL-2012"),
    "tab and space": ("x.conll", "Anna\tNNP B-PER\nLee\tNNP I-PER\nran\tVBD O\n",
                      [("PER", "Anna Lee")], "column 3 its tag"),
    "weibo": ("x.conll", "科0\tB-ORG.NOM\n技1\tI-ORG.NOM\n好0\tO\n", [("ORG.NOM", "科技")],
              "left out"),
    "annotator": ("x.json", json.dumps({"classes": ["PER", "LOC"], "annotations": [
        [ANNA, {"entities": [[0, 8, "PER"], [18, 23, "LOC"]]}], None]}), WANTED, "exclusive"),
    "data": ("x.json", json.dumps({"data": [{"text": ANNA, "entities": [
        [0, 8, "PER"], [18, 23, "LOC"]]}]}), WANTED, "exclusive"),
    "white space": ("x.jsonl", lines({"text": ANNA, "entities": [[0, 9, "PER"], [17, 23, "LOC"]]}),
                    WANTED, "white space trimmed"),
    "carriage returns alone": ("x.txt", IOB2.replace("\n", "\r"), WANTED, "IOB2"),
    "a tab at the end": ("x.txt", IOB2.replace("\n", "\t\n"), WANTED, "IOB2"),
    "types of two words": ("x.txt", "Anna\tB-Job Title\nLee\tI-Job Title\nran\tO\n",
                           [("Job Title", "Anna Lee")], "IOB2"),
    "one line": ("x.conll", "Paris B-LOC\n", [("LOC", "Paris")], "IOB2"),
    "small letters": ("x.txt", IOB2.lower(), [("per", "anna lee"), ("loc", "paris")], "IOB2"),
    "comments": ("x.txt", "# made by\n" + IOB2 + "\n# O\n", WANTED, "IOB2"),
    "heading": ("x.txt", "token label\n" + IOB2 * 4, WANTED * 4, "line 1 is a heading"),
    "a blank token now and then": ("x.txt", IOB2.replace("in O", "  O"), WANTED, "1 token"),
    "conllu misc": ("x.conllu", "1\tIn\t_\tSpaceAfter=No\n2\tParis\t_\tNER=B-LOC|SpaceAfter=No\n"
                    "3\t.\t_\t_\n", [("LOC", "Paris")], "behind NER="),
    "c&c": ("x.txt", "Anna|NNP|B-PER Lee|NNP|I-PER ran|VBD|O\nin|IN|O Paris|NNP|B-LOC\n", WANTED,
            "a sentence a line"),
    "quotes that close below": ("x.tsv", 'word\ttag\nHe\tO\n"\tO\n' + IOB2.replace(" ", "\t")
                                + '"\tO\nx\tO\n', WANTED, "IOB2"),
    "quotes in csv": ("x.csv", 'word,tag\n"""",O\n' + IOB2.replace(" ", ",") + '"""",O\n",",O\n',
                      WANTED, "IOB2"),
    "blank lines before a heading": ("x.csv", "\n\nword,tag\n" + IOB2.replace(" ", ","), WANTED,
                                     "'tag' its tag"),
    "csv of python": ("x.csv", "text,entities\n" + ANNA + ",\"[(0, 8, 'PER'), (18, 23, 'LOC')]\"\n"
                      "ok,[]\n", WANTED, "exclusive"),
    "csv without a heading": ("x.csv", "in,O\nParis,B-LOC\n", [("LOC", "Paris")], "IOB2"),
    "parts of speech as well": ("x.jsonl", lines({"tokens": ["in", "Paris"], "tags": ["IN", "NNP"],
                                                  "ner": ["O", "B-LOC"]}), [("LOC", "Paris")], "IOB2"),
    "prodigy, rejected": ("x.jsonl", lines(
        {"text": ANNA, "spans": [{"start": 0, "end": 8, "label": "PER"}], "answer": "accept"},
        {"text": ANNA, "spans": [{"start": 9, "end": 14, "label": "PER"}], "answer": "reject"},
        {"text": ANNA, "spans": [], "answer": "ignore"}), WANTED[:1], "2 records whose answer"),
    "label studio min, empty": ("x.json", json.dumps([{"text": ANNA, "annotation_id": 1, "label": [
        {"start": 0, "end": 8, "text": "Anna Lee", "labels": ["PER"]}]},
        {"text": "none", "annotation_id": 2}]), WANTED[:1], "own texts"),
    "label studio, two annotators": ("x.json", json.dumps([{"data": {"text": ANNA}, "annotations": [
        {"result": [{"value": {"start": 0, "end": 8, "labels": ["PER"]}}]}, {"result": []}]}]),
        WANTED[:1], "the first counts"),
    "nothing says": ("x.jsonl", lines({"text": "王明在北京", "entities": [[0, 1, "PER"]]}), [
        ("PER", "王")], "the first is '王'"),
    "twice": ("x.jsonl", lines({"text": ANNA, "entities": [
        [0, 8, "PER"], [0, 8, "PER"], [18, 23, "LOC"]]}), WANTED, "kept once"),
}  # fmt: skip


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_gives_its_entities_and_says_how_it_was_read(tmp_path, name):
    file, content, wanted, note = FORMATS[name]
    path = tmp_path / file
    path.write_bytes(content.encode())
    parts, notes = read(path, file)
    rows = parts["train"]
    found = [
        (kind, words_of(x).text[a:b])
        for x, target in zip(rows.inputs, rows.targets, strict=True)
        for a, b, kind in target
    ]
    assert found == wanted
    assert note in " ".join(notes), notes
    assert all(row.startswith(f"{file}:") for row in rows.rows)
    if name not in ("letters", "doccano 1"):
        assert recognise(path), "the file should be told from text classification"


def test_ids_without_names_are_asked_for_and_parquet_brings_them(tmp_path):
    pa = pytest.importorskip("pyarrow")
    import pyarrow.parquet as pq

    table = pa.table({"tokens": [["Anna", "Lee", "ran"]], "ner_tags": [[1, 2, 0]]})
    features = {"ner_tags": {"feature": {"names": ["O", "B-PER", "I-PER"]}}}
    meta = {"huggingface": json.dumps({"info": {"features": features}})}
    path = tmp_path / "x.parquet"
    pq.write_table(table.replace_schema_metadata(meta), path)
    assert recognise(path)
    parts, _ = read(path, path.name)
    assert parts["train"].targets == [[[0, 8, "PER"]]]


def test_brat_pairs_and_folders(tmp_path):
    for name, text in (("a", ANNA), ("b", "Bob ran.")):
        (tmp_path / f"{name}.txt").write_text(text)
    (tmp_path / "a.ann").write_text("T1\tPER 0 8\tAnna Lee\nT2\tLOC 18 23\tParis\nR1\tx Arg1:T1\n")
    (tmp_path / "b.ann").write_text("")
    assert recognise(tmp_path / "a.txt")
    assert recognise(tmp_path)
    parts, _ = read(tmp_path, "folder")
    assert parts["train"].targets == [[[0, 8, "PER"], [18, 23, "LOC"]], []]


def test_records_by_part(tmp_path):
    path = tmp_path / "x.json"
    one = {"text": ANNA, "entities": [[0, 8, "PER"]]}
    path.write_text(json.dumps({"train": [one, one], "dev": [one], "test": [one]}))
    parts, _ = read(path, path.name)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 2, "valid": 1, "test": 1}


@pytest.mark.parametrize(
    ("file", "content"),
    [("x.csv", "split,sentence_id,word,tag\ntrain,1,Bob,B-PER\ntrain,1,ran,O\ntest,2,Al,B-PER\n"),
     ("x.jsonl", lines({"split": "train", "text": "Bob ran", "entities": [[0, 3, "PER"]]},
                       {"split": "test", "text": "Al", "entities": [[0, 2, "PER"]]}))],
)  # fmt: skip
def test_a_column_may_say_which_part_a_row_is_of(tmp_path, file, content):
    (tmp_path / file).write_text(content)
    parts, notes = read(tmp_path / file, file)
    assert {part: len(rows) for part, rows in parts.items()} == {"train": 1, "test": 1}
    assert "column 'split'" in " ".join(notes)


def test_one_character_a_token_is_read_as_text_and_other_tokens_are_not(tmp_path):
    path = tmp_path / "x.bmes"
    path.write_text("王 B-NAME\n明 E-NAME\n在 O\n2 O\n0 O\n年 O\n", encoding="utf-8")
    parts, _ = read(path, path.name)
    assert parts["train"].inputs == ["王明在20年"]
    path.write_text("王 O\n明 O\nA B-X\nB B-Y\nC B-X\n中 O\n国 O\n", encoding="utf-8")
    parts, _ = read(path, path.name)
    assert parts["train"].inputs == [list("王明ABC中国")]  # as text it would lose entities


def test_encodings_are_those_of_the_data_room(tmp_path):
    path = tmp_path / "x.txt"
    chinese = (
        "".join(f"{c} O\n" for c in "我们的国家是中国人民大学生活在北京我不是一个人的") + "王 B-N\n"
    )
    path.write_bytes(chinese.encode("gb18030"))
    parts, notes = read(path, path.name)
    assert Counter(k for t in parts["train"].targets for *_, k in t) == {"N": 1}
    assert "GB18030" in " ".join(notes)


TEXTS = {
    "tsv": ("x.tsv", "text\tlabel\ngood film\tpos\nbad film\tneg\n"),
    "jsonl": ("x.jsonl", lines({"text": "good", "label": "pos"}, {"text": "bad", "label": "neg"})),
    "label lists": ("x.jsonl", lines({"text": "good", "label": ["pos"]})),
    "csv": ("x.csv", "label,review\n1,a film\n0,b film\n"),
    "no heading": ("x.txt", "good film\t1\nbad film\t0\n"),
    "o as a class": ("x.tsv", "a film\tO\nb film\tO\nc film\tX\n"),
    "words": ("x.csv", "word,label\ncat,animal\noak,plant\n"),
    "blank": ("x.txt", ""),
    "prose": ("x.txt", "It was the best of times.\n\nIt was the worst.\n"),
    "part of speech": ("x.txt", "迈向/v 充满/v 希望/n 的/u 新/a 世纪/n\n我/r 在/p 家/n\n"),
    "layout": ("x.txt", "a <b>good</b> film<br />\nbad\n"),
    "tags in a table": ("x.csv", "text,label\n<user>Bob</user> hi,pos\n<user>Al</user> bad,neg\n"),
    "tags before a tab": ("x.txt", "<user>Bob</user> hi\tpos\n<user>Al</user> bad\tneg\n"),
    "slashes": ("x.txt", "and/or he/she\nyes/no\n"),
    "classes like prefixes": ("x.tsv", "a film\tE-commerce\nb film\tE-sports\n"),
    "classes of letters": ("x.csv", "text,label\na film,B-1\nb film,B-2\nc film,S-1\n"),
    "at sign": ("x.txt", "profits rose@positive\nprofits fell@negative\n"),
}


@pytest.mark.parametrize("name", TEXTS)
def test_labelled_texts_are_not_taken_for_entities(tmp_path, name):
    file, content = TEXTS[name]
    path = tmp_path / file
    path.write_text(content)
    assert recognise(path) == ""


WORD = st.text("张三北京李，王abcAB12", min_size=1, max_size=4)
ROW = st.lists(st.tuples(WORD, st.sampled_from(["", "", "PER", "loc"])), min_size=1, max_size=8)


def written(rows, how):
    """Return rows of words with their types as a file of entities."""
    wrap = {
        "msra": lambda w, k: f"{w}/{k or 'o'}",
        "opennlp": lambda w, k: f"<START:{k}> {w} <END>" if k else w,
        "tags": lambda w, k: f"<{k}>{w}</{k}>" if k else w,
        "enamex": lambda w, k: f'<ENAMEX TYPE="{k}">{w}</ENAMEX>' if k else w,
    }[how]
    return "\n".join(" ".join(wrap(w, k) for w, k in row) for row in rows)


@pytest.mark.parametrize("how", ["msra", "opennlp", "tags", "enamex"])
@settings(max_examples=25, deadline=None)
@given(rows=st.lists(ROW, min_size=1, max_size=4))
def test_what_was_written_is_read(tmp_path_factory, how, rows):
    rows = [[("他", "PER"), *row, ("在", ""), ("在", ""), ("在", "")] for row in rows]
    rows.append([("了", "")] * sum(map(len, rows)))
    path = tmp_path_factory.getbasetemp() / f"{how}.txt"
    path.write_text(written(rows, how), encoding="utf-8")
    assert recognise(path)
    read_rows = read(path, path.name)[0]["train"]
    found = [
        [(words_of(x).text[a:b], kind) for a, b, kind in target]
        for x, target in zip(read_rows.inputs, read_rows.targets, strict=True)
    ]
    assert found == [[(w, k) for w, k in row if k] for row in rows]
