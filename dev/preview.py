"""The gallery as an HTML page, about as Slack, Teams and PagerDuty show it. Run by ``make preview``.

Only the elements that our channels use are drawn; an unknown one raises, so that nothing is
left out in silence.
"""

from __future__ import annotations

import html
import sys
from pathlib import Path
from typing import Any

from secretwatch.notify.channels import CHANNELS
from secretwatch.notify.notice import Notice
from tests.gallery import GALLERY

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Messages of secretwatch</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:">
<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">
<style>
body { margin: 0 auto; max-width: 90rem; padding: 1rem; font: 15px/1.46 Lato, system-ui, sans-serif; color: #1d1c1d;
  background: #fff; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; color: #616061; margin: 2rem 0 .5rem; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem; align-items: start; }
.slack { border-left: 3px solid #e8e8e8; padding-left: .8rem; overflow-wrap: anywhere; }
.alert { grid-column: 1 / -1; font-size: 13px; border-top: 1px solid #e8e8e8; overflow-wrap: anywhere; }
.alert summary { cursor: pointer; color: #616061; } .alert p { margin: .1rem 0; }
.slack h3 { font-size: 1.05rem; margin: 0 0 .3rem; } .slack p, .slack ul { margin: .2rem 0; white-space: pre-line; }
.slack small { color: #616061; } .slack a { color: #1264a3; }
.teams { background: #fff; border: 1px solid #d1d1d1; border-radius: 4px; padding: .8rem 1rem; overflow-wrap: anywhere;
  font-family: "Segoe UI", system-ui, sans-serif; font-size: 14px; box-shadow: 0 1px 2px rgb(0 0 0 / 14%); }
.teams p { margin: .15rem 0; } .teams .medium { font-size: 17px; } .teams .small { font-size: 12px; }
.bolder { font-weight: 650; } .subtle { color: #616161; } .attention { color: #c4314b; } .warning { color: #8a5a00; }
.accent { color: #4f52b2; } .button { display: inline-block; margin: .5rem .4rem 0 0; padding: .25rem .7rem;
  border: 1px solid #d1d1d1; border-radius: 4px; color: #242424; text-decoration: none; }
</style></head><body><h1>Messages of secretwatch</h1>
<p>Synthetic situations. Left about as Slack shows them, right about as Teams does; below them PagerDuty's alert.</p>
"""


def page() -> str:
    """Return the page of the whole gallery."""
    return _PAGE + "".join(_pair(name, notice) for name, notice in GALLERY.items()) + "</body></html>\n"


def _pair(name: str, notice: Notice) -> str:
    slack: Any = CHANNELS["slack"].render(notice)
    teams: Any = CHANNELS["teams"].render(notice)
    blocks = "".join(map(_block, slack["blocks"]))
    alert: Any = CHANNELS["pagerduty"].render(notice)
    return (
        f'<h2>{_text(name.replace("_", " "))}</h2><div class="pair" id="{name}"><div class="slack">{blocks}</div>'
        f'<div class="teams">{_card(teams["attachments"][0]["content"])}</div>{_alert(alert)}</div>'
    )


def _alert(event: dict[str, Any]) -> str:
    shown = event["payload"]
    title = f"PagerDuty: {shown['summary']} · {shown['severity']} · {event['dedup_key'][:12]}"
    details = "".join(
        f"<p><b>{_text(label)}</b> {_text(value)}</p>" for label, value in shown["custom_details"].items()
    )
    return f'<details class="alert"><summary>{_text(title)}</summary>{details}</details>'


def _block(block: dict[str, Any]) -> str:
    match block["type"]:
        case "header":
            return f"<h3>{_text(block['text']['text'])}</h3>"
        case "context":
            return f"<small>{' '.join(_text(element['text']) for element in block['elements'])}</small>"
        case "rich_text":
            return "".join(map(_rich, block["elements"]))
        case other:
            raise ValueError(f"nothing draws Slack's block {other}")


def _rich(element: dict[str, Any]) -> str:
    match element["type"]:
        case "rich_text_section":
            return f"<p>{''.join(map(_rich, element['elements']))}</p>"
        case "rich_text_list":
            return f"<ul>{''.join(f'<li>{_rich(item)}</li>' for item in element['elements'])}</ul>"
        case "link":
            return f'<a href="{_text(element["url"])}">{_text(element["text"])}</a>'
        case "text":
            style = element.get("style", {})
            tag = "b" if style.get("bold") else "i" if style.get("italic") else "span"
            return f"<{tag}>{_text(element['text'])}</{tag}>"
        case other:
            raise ValueError(f"nothing draws Slack's element {other}")


def _card(card: dict[str, Any]) -> str:
    lines = []
    for line in card["body"]:
        if line["type"] != "RichTextBlock":
            raise ValueError(f"nothing draws the card's element {line['type']}")
        lines.append(f"<p>{''.join(map(_run, line['inlines']))}</p>")
    for action in card["actions"]:
        lines.append(f'<a class="button" href="{_text(action["url"])}">{_text(action["title"])}</a>')
    return "".join(lines)


def _run(run: dict[str, Any]) -> str:
    names = [str(run[key]) for key in ("weight", "size", "color") if key in run]
    names += ["subtle"] * bool(run.get("isSubtle"))
    tag = "i" if run.get("italic") else "span"
    return f'<{tag} class="{" ".join(names)}">{_text(run["text"])}</{tag}>'


def _text(text: str) -> str:
    return html.escape(text)


def main(out: Path) -> None:
    """Write the page."""
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page(), encoding="utf-8")
    print(f"{out}: {len(GALLERY)} situations; open it in a browser")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
