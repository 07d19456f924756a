"""Self-contained web pages: templates filled with every value escaped, scripts inline and allowed by their hash."""

import base64
import hashlib
import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

_BOKEH_ID = re.compile(r'(?<=")(?:p\d{4,}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=")')  # counted on or random


@cache
def words(lang: str) -> dict[str, Any]:
    """The words of the reports in a language, `it` or `en`."""
    table = tomllib.loads((files("analyzer") / "data" / "words.toml").read_text(encoding="utf-8"))
    return dict(table[lang])


def counted(w: dict[str, Any], key: str, n: int) -> str:
    """A number with its noun in the singular or the plural.

    >>> counted(words("it"), "n_comments", 1), counted(words("it"), "n_comments", 0)
    ('1 commento', '0 commenti')
    """
    one, many = w[key]
    return str(one if n == 1 else many).format(n=n)


@cache
def _bokeh_script() -> str:
    from bokeh.resources import Resources

    return "\n".join(Resources(mode="inline", components=["bokeh"]).js_raw)


def figure_parts(figure: Any) -> tuple[str, str]:
    """The script and the `<div>` that show a bokeh figure in a page; equal figures give equal parts."""
    from bokeh.embed import components

    script, div = components(figure, wrap_script=False)
    stable: dict[str, str] = {}
    for found in _BOKEH_ID.findall(script + div):
        stable.setdefault(found, f"p{len(stable) + 1}")
    script, div = (_BOKEH_ID.sub(lambda match: stable[match.group()], part) for part in (script, div))
    return script, div


def html_page(template: str, *, scripts: Sequence[str], **values: Any) -> str:
    """A page from one of the templates in `data/templates`, which asks nothing of any network.

    `scripts` are the only code that its content security policy lets run, after BokehJS; everything in `values` is
    escaped, apart from markup made by bokeh and marked as such in the template.
    """
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("analyzer", "data/templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    inline = [script.replace("</", "<\\/").strip() for script in (_bokeh_script(), *scripts)]
    hashes = " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'" for s in inline)
    policy = f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; font-src data:"
    return environment.get_template(template).render(policy=policy, scripts=inline, **values) + "\n"
