"""The report page: what it claims adds up, every claim has its passage, and nothing that people wrote runs."""

import re
from html.parser import HTMLParser

import pytest
from conftest import HOSTILE, analysis_of, hostile_analysis, thread_of
from lxml import html as lxml_html
from test_draw import check_safe

from analyzer import __version__
from analyzer.activities import Activity
from analyzer.report import to_html
from analyzer.thread import Author


def activity(id, it, en):
    return Activity(id=id, name={"it": it, "en": en}, covers="", lemmas=(id,), phrases=(), excluded=())


ACTIVITIES = (
    activity("seo", "posizionamento", "search ranking"),
    activity("testi", "testi", "copy"),
    activity("crm", "clienti", "customer care"),
    activity("video", "filmati", "videos"),
)


@pytest.fixture
def talk():
    """Three would give SEO outside, one keeps it, one splits it; the copy stays inside; customer care is a tie."""
    thread = thread_of(
        ("Bruno", "Bruno la SEO la dà fuori."),
        ("Carla", "Carla la SEO fuori."),
        (None, "Ignoto: SEO fuori."),
        (Author(id="dario", name="Dario", inferred="signs the comment"), "Dario tiene tutto."),
        ("Elsa", "Elsa divide la SEO."),
        ("Bruno", "Ripensandoci, Bruno."),
        title="La bottega di <Chiara>",
        url="https://blog.example/bottega?a=1&b=2",
    )
    stances = (
        *(("c1", "seo", "favor"), ("c2", "seo", "favor"), ("c3", "seo", "favor")),
        *(("c4", "seo", "against"), ("c5", "seo", "mixed"), ("c4", "testi", "against")),
        *(("c1", "crm", "against"), ("c6", "crm", "favor"), ("c2", "crm", "against"), ("c5", "video", "none")),
    )
    replies = (("c1", "post", "none", "neutral"), ("c2", "c1", "name", "agree"), ("c4", "c3", "explicit", "disagree"))
    return analysis_of(thread, stances, replies)


def tree(page):
    """The page as elements."""
    return lxml_html.fromstring(page)


def text_of(node):
    return " ".join(node.text_content().split())


def test_the_finding_is_told_from_the_numbers_in_italian(talk):
    """The sentence counts people once each and names the activities by majority, with its size."""
    (finding,) = tree(to_html([talk], ACTIVITIES)).find_class("finding")
    assert text_of(finding) == (
        "5 autori prendono posizione su 3 attività. Da affidare fuori, per i più: posizionamento (3/5). "
        "Da tenere dentro, per i più: testi (1/1). Divisi: clienti (2)."
    )


def test_the_finding_is_told_from_the_numbers_in_english(talk):
    """English is chosen by `lang`, names of activities and all."""
    page = tree(to_html([talk], ACTIVITIES, lang="en"))
    assert text_of(page.find_class("finding")[0]) == (
        "5 authors take a position on 3 activities. To outsource, for most: search ranking (3/5). "
        "To keep inside, for most: copy (1/1). Divided: customer care (2)."
    )
    assert page.get("lang") == "en"
    assert "0.75" in {text_of(cell) for cell in page.find_class("number")}


def test_one_person_is_not_told_in_the_plural():
    """One author, comment, thread and activity each have the singular."""
    found = analysis_of(thread_of(("Bruno", "Fuori la SEO.")), [("c1", "seo", "favor")])
    page = tree(to_html([found], ACTIVITIES))
    assert text_of(page.find_class("finding")[0]).startswith("1 autore prende posizione su 1 attività.")
    assert text_of(page.find_class("dim")[0]) == "1 commento in 1 discussione, 2 autori"


def test_a_long_list_is_cut_and_says_by_how_much():
    """Of more than four activities on a side the finding names four and counts the others."""
    many = [activity(f"a{n}", f"nome{n}", f"name{n}") for n in range(7)]
    thread = thread_of(("Bruno", "Tutto fuori."))
    for count, rest in ((5, "e un'altra."), (7, "e altre 3.")):
        found = analysis_of(thread, [("c1", f"a{n}", "favor") for n in range(count)])
        assert text_of(tree(to_html([found], many)).find_class("finding")[0]).endswith(rest)


def test_the_bars_add_up(talk):
    """Each activity's parts touch each other, are to one scale, sum to its n, and favor begins right of the axis."""
    page = tree(to_html([talk], ACTIVITIES))
    (chart,) = (svg for svg in page.iter("svg") if svg.get("role") == "img")
    axis = float(chart.find("line").get("x1"))
    units, totals = set(), {}
    for group in chart.iter("g"):
        name, *_, total = (text_of(text) for text in group.iter("text"))
        count = 0
        edge = None
        for rect in group.iter("rect"):
            number = int(re.search(r": (\d+) ", text_of(rect.find("title")))[1])
            x, width = float(rect.get("x")), float(rect.get("width"))
            units.add(round(width / number))
            assert edge is None or abs(x - edge) <= 0.2
            assert x > 300
            assert x + width <= 1000
            if rect.get("fill") == "var(--out)":
                assert x >= axis
            if rect.get("fill") == "var(--in)":
                assert x + width <= axis + 0.1
            edge, count = x + width, count + number
        totals[name] = count
        assert total == f"n = {count}"
    assert totals == {"posizionamento": 5, "clienti": 2, "testi": 1}
    assert len(units) == 1
    numbers = [[int(text_of(cell)) for cell in row.iter("td")] for row in page.xpath("//details[1]//tbody/tr")[:3]]
    assert numbers == [[1, 1, 3], [1, 0, 1], [1, 0, 0]]


def test_every_stance_stands_there_with_its_passage(talk):
    """Each stance but `none` has a row: activity, stance, author, evidence, place and probability."""
    page = tree(to_html([talk], ACTIVITIES))
    rows = [
        [text_of(cell) for cell in row.iter("td")]
        for row in page.iter("tr")
        if row.xpath("./td/span[contains(@class,'tag')]")
    ]
    assert len(rows) == 9
    assert rows[0][:3] == ["posizionamento", "fuori", "Bruno2012-03-01"]
    assert rows[0][3] == "BrunLa bottega di <Chiara>, c1"
    assert rows[0][5] == "0,75"
    assert {row[3][:4] for row in rows} == {"Brun", "Carl", "Igno", "Dari", "Elsa", "Ripe"}


def test_unknown_and_inferred_authors_are_marked(talk):
    """Nobody's stance is put in another's mouth: unknown authors are called so, inferred ones marked with the reason."""
    page = tree(to_html([talk], ACTIVITIES))
    cells = [text_of(cell) for cell in page.iter("td")]
    assert any(cell.startswith("autore ignoto") for cell in cells)
    marks = page.xpath("//span[@title='signs the comment']")
    assert {text_of(mark) for mark in marks} == {"(autore dedotto)"}
    assert len(marks) == 3  # two stances and a reply
    assert all("Dario" in text_of(mark.getparent()) for mark in marks)


def test_every_reply_stands_there(talk):
    """The table of replies has a row for each, with both ends, sign and agreement."""
    page = tree(to_html([talk], ACTIVITIES, lang="en"))
    rows = [[text_of(cell) for cell in row.iter("td")] for row in page.xpath("//section[last()-1]//tbody/tr")]
    assert [row[1:6] for row in rows] == [
        ["c1", "Bruno", "Anna Bianchi (post)", "none", "neutral"],
        ["c2", "Carla", "Bruno (c1)", "name", "agrees"],
        ["c4", "Dario (inferred author)", "unknown author (c3)", "explicit", "disagrees"],
    ]
    assert rows[1][6] == "Carl"


def test_without_stances_the_page_says_so():
    """No stance is a finding too; the chart is left out, what was read and the replies are not."""
    page = to_html([analysis_of(thread_of(("Bruno", "Bella domanda.")))], ACTIVITIES, losses=[("a.xml", "1 comment")])
    assert "nessuno prende posizione" in text_of(tree(page).find_class("finding")[0])
    assert 'role="img"' not in page
    assert "a.xml" in page
    check_safe(page)


def test_without_threads_there_is_still_a_page():
    """Nothing read gives a page that says it."""
    page = to_html([], ACTIVITIES)
    assert "0 commenti in 0 discussioni, 0 autori" in page
    check_safe(page)


def test_the_page_tells_what_was_read_and_what_made_it(talk):
    """Loss reports, program and model stand on the page, so that it can be traced."""
    page = to_html([talk], ACTIVITIES, losses=[("a&b.xml", "3 <in>")])
    assert "<li><strong>a&amp;b.xml</strong>: 3 &lt;in&gt;</li>" in page
    assert f"analyzer {__version__}, modello finto-1" in page


def test_the_heading_is_the_threads_title_or_the_one_given(talk):
    """One thread's title heads its page, several threads have the general one, and a given title wins."""
    headings = [
        text_of(tree(page).find(".//h1"))
        for page in (
            to_html([talk], ACTIVITIES),
            to_html([talk, talk], ACTIVITIES),
            to_html([talk], ACTIVITIES, title="Mio"),
        )
    ]
    assert headings == ["La bottega di <Chiara>", "Che cosa dare fuori, che cosa tenere dentro", "Mio"]


def test_what_people_wrote_is_text_and_nothing_else():
    """Hostile names, titles and passages appear as they were written and make no element, handler or script."""
    activities = (activity("seo", HOSTILE[0], HOSTILE[1]),)
    page = to_html([hostile_analysis()], activities, losses=[(HOSTILE[0], HOSTILE[2])])
    found = check_safe(page)
    assert found.text.count("</script><script>alert(1)</script>") > 2
    for name in HOSTILE:
        if name.isprintable():
            assert " ".join(name.split()) in " ".join(found.text.split()), name


@pytest.mark.parametrize(
    ("url", "linked"),
    [
        ("https://blog.example/a?b=1&c=2", True),
        ("http://blog.example/", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("JAVASCRIPT:alert(1)//https://", False),
        ("data:text/html,<script>alert(1)</script>", False),
        ("//blog.example", False),
        ('https://a.example/" onclick="alert(1)', True),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url, linked):
    """A thread's address is a link only where it is http or https, and never more than an address."""
    found = analysis_of(thread_of(("Bruno", "Fuori la SEO."), url=url), [("c1", "seo", "favor")])
    page = to_html([found], ACTIVITIES)
    check_safe(page)
    assert [link.get("href") for link in tree(page).iter("a")] == ([url] if linked else [])


def test_the_same_findings_give_the_same_page(talk):
    """A page does not depend on when or after what it was made."""
    first = to_html([talk], ACTIVITIES)
    to_html([hostile_analysis()], ACTIVITIES)
    assert to_html([talk], ACTIVITIES) == first


def test_the_page_is_well_nested(talk):
    """Every element that is opened is closed in its turn."""
    void = {"meta", "rect", "line", "br"}

    class Nesting(HTMLParser):
        def __init__(self):
            super().__init__()
            self.open = []

        def handle_starttag(self, tag, attrs):
            if tag not in void:
                self.open.append(tag)

        def handle_endtag(self, tag):
            if tag not in void:
                assert self.open.pop() == tag

    nesting = Nesting()
    nesting.feed(to_html([talk], ACTIVITIES))
    assert nesting.open == []
