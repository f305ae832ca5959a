"""A certificate as one HTML page without scripts and without external files. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

__all__ = ["certificate_page"]

STYLE = """
:root { color-scheme: light dark; --ink: #1b1e26; --soft: #5a6172; --line: #d9dce4; --paper: #fff; --mark: #2559c4; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaf0; --soft: #a2a9ba; --line: #343a49; --paper: #14171f; --mark: #8fb3ff; }
}
@media print {
  :root { --ink: #000; --soft: #333; --line: #bbb; --paper: #fff; --mark: #000; }
  details { display: none; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 2.5rem 1.5rem; background: var(--paper); color: var(--ink);
       font: 15px/1.5 system-ui, sans-serif; }
h1 { margin: 0 0 .25rem; font-size: 1.5rem; }
h2 { margin: 1.75rem 0 .5rem; font-size: 1rem; color: var(--soft); font-weight: 600; }
p { margin: .25rem 0; }
.statement { margin: 1rem 0; padding: .9rem 1.1rem; border-left: 4px solid var(--mark); font-size: 1.15rem; }
.soft { color: var(--soft); }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top;
         overflow-wrap: anywhere; }
th { width: 13rem; font-weight: 500; color: var(--soft); }
thead th { width: auto; }
code { font: 12px/1.4 ui-monospace, monospace; }
summary { cursor: pointer; margin-top: 1.75rem; color: var(--soft); font-weight: 600; }
"""


def certificate_page(values: Mapping[str, Any], *, verify_command: str = "") -> str:
    """Return a certificate as a page for people.

    Parameters
    ----------
    values
        Values of `pipeline.audit.certificate.certificate`. All texts are escaped.
    verify_command
        A command that verifies the certificate. It is escaped, too.

    Returns
    -------
    str
        A complete HTML page in UTF-8.
    """
    release, audit, result = values["release"], values["audit"], values["result"]
    title = f"{values['definition']['title']}: audit {audit['number']} of release {release['number']}"
    definition = values["definition"]
    parts = [
        f"<h1>{_text(title)}</h1>",
        f'<p class="soft">Collection {_text(values["collection"]["name"])}, {values["collection"]["images"]:,} images. '
        f"Published {_text(values['dates']['published'])}.</p>",
        f'<p class="statement">{_text(values["statement"])}</p>',
        _paragraphs(
            "Results",
            [
                result["precision"]["words"],
                (result["anytime"] or {}).get("words", ""),
                result["combined"]["words"],
                result["recall"]["words"],
                f"Assumption of this interval: {result['recall']['assumption']}",
                values["note"],
            ],
        ),
        _paragraphs(
            "Questions",
            [
                definition["definition"],
                _list("Counts: ", definition["counts"]),
                _list("Does not count: ", definition["counts_not"]),
                audit["words"],
                audit["fitted"],
                values["progress"],
            ],
        ),
        _table("Population", _population(audit["population"])),
        _table("Figures", _figures(result)),
        _people(values["annotators"]),
        _table("Dates and hashes", _hashes(values)),
        _images(values["images"]),
        _verification(verify_command),
    ]
    body = "\n".join(part for part in parts if part)
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{_text(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _verification(command: str) -> str:
    how = f": <code>{_text(command)}</code>" if command else "."
    return (
        f'<p class="soft">Anyone who has the collection can verify this certificate{how} Verification recomputes it '
        "from the release, the draw and the answers, and lists every difference.</p>"
    )


def _population(counts: Mapping[str, int]) -> list[tuple[str, str]]:
    def could(side: str) -> str:
        return f"{counts[side]:,} could be drawn, {counts[f'{side}_left_out']:,} were excluded"

    return [
        ("Positive, by threshold", could("positives")),
        ("Positive, by people", f"{counts['positives_by_people']:,}, excluded"),
        ("Negative, by threshold", could("negatives")),
        ("Negative, by people", f"{counts['negatives_by_people']:,}, excluded"),
        ("Unsure", f"{counts['unsure']:,}, in neither set"),
    ]


def _figures(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    precision, recall, combined = result["precision"], result["recall"], result["combined"]
    omission = recall["false_omission"]
    rows = [
        ("Precision", _interval(precision["value"], precision["low"], precision["high"])),
        ("Precision, at least", _share(precision["at_least"])),
        ("Verdicts", f"{precision['yes']:,} yes of {precision['sampled']:,} with a verdict"),
        ("Method", precision["method"]),
        ("Precision with images settled by people", _interval(combined["value"], combined["low"], combined["high"])),
        ("Recall, at least", f"{_share(recall['low_free'])}, without assumptions"),
        ("Recall, if scores are calibrated", _interval(recall["value"], recall["model_low"], recall["model_high"])),
        ("False-omission rate, at most", f"{_share(omission['high_free'])}, without assumptions"),
    ]
    if result["anytime"]:
        rows.insert(2, ("Anytime bound, at least", _share(result["anytime"]["at_least"])))
    return rows


def _people(annotators: Iterable[Mapping[str, Any]]) -> str:
    rows = [
        (
            entry["name"],
            f"{entry['answers']:,} answers"
            + (f", median {entry['median_seconds']:g} s each" if entry["median_seconds"] is not None else ""),
        )
        for entry in annotators
    ]
    return _table("Annotators, by pseudonym", rows or [("None", "no answers")])


def _hashes(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    release, audit, dates = values["release"], values["audit"], values["dates"]
    return [
        ("Frozen", dates["frozen"]),
        ("Drawn", dates["drawn"]),
        ("Published", dates["published"]),
        ("Scores", f"{release['scores']}, positive from {release['threshold']:.4g} on"),
        ("Release, SHA-256", release["sha256"]),
        ("Scores, SHA-256", release["scores_sha256"]),
        ("Model, SHA-256", release["model_sha256"]),
        ("Population, SHA-256", audit["population_sha256"]),
        ("Sample, SHA-256", audit["sample_sha256"]),
        ("Seed of the draw", str(audit["plan"]["seed"])),
        ("This certificate, SHA-256", values["sha256"]),
    ]


def _images(images: Iterable[Mapping[str, Any]]) -> str:
    rows = "".join(
        f"<tr><td><code>{entry['image_id']}</code></td><td>{_text(entry['set'])}</td><td>{entry['score']:.3f}</td>"
        f"<td>{entry['probability']:.3g}</td><td>{_text(entry['verdict'])}</td>"
        f"<td>{_text('; '.join(f'{name}: {value}' for name, value, _ in entry['answers']))}</td></tr>"
        for entry in images
    )
    head = "".join(f"<th>{name}</th>" for name in ("Image", "Set", "Score", "Probability", "Verdict", "Answers"))
    return (
        f"<details><summary>All images and answers</summary><table><thead><tr>{head}</tr></thead>"
        f"<tbody>{rows}</tbody></table></details>"
    )


def _paragraphs(title: str, sentences: Iterable[str]) -> str:
    return f"<h2>{_text(title)}</h2>\n" + "\n".join(f"<p>{_text(each)}</p>" for each in sentences if each)


def _table(title: str, rows: Iterable[tuple[str, str]]) -> str:
    body = "".join(f"<tr><th>{_text(name)}</th><td>{_text(value)}</td></tr>" for name, value in rows)
    return f"<h2>{_text(title)}</h2>\n<table><tbody>{body}</tbody></table>"


def _list(start: str, entries: Iterable[str]) -> str:
    joined = "; ".join(str(entry) for entry in entries)
    return f"{start}{joined}." if joined else ""


def _interval(value: float | None, low: float, high: float) -> str:
    ends = f"{_share(low)} to {_share(high)}"
    return f"not available ({ends})" if value is None else f"{_share(value)} ({ends})"


def _share(share: float) -> str:
    return f"{100 * share:.1f}%"


def _text(value: object) -> str:
    return escape(str(value))
