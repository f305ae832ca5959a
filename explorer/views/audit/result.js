// What a published audit found: the statement, the figures, the certificate, the pictures, the people.

import { makeRegions } from "./charts.js"
import { options, rowsOf } from "./plan.js"
import { fillHashes, makeWatched } from "./progress.js"
import { fill, strip } from "../shared/attribute_tab_parts.js"
import { makeCurve } from "../shared/charts.js"
import { button, node, text } from "../shared/elements.js"

export function makeAuditResult(send, acts) {
  const box = node("section", "result"),
    which = node("select"),
    title = text("p", "soft", ""),
    expired = text("p", "advice warn expired", ""),
    statement = text("p", "statement", "")
  const rule = text("p", "soft", ""),
    hour = text("p", "soft hour", ""),
    figures = node("dl", "figures"),
    said = node("div", "said"),
    more = node("details"),
    hashes = node("dl", "hashes"),
    files = node("div", "line files")
  const hidden = text("p", "advice", ""),
    lost = text("p", "advice warn", ""),
    wall = node("div", "wall"),
    watched = makeWatched(),
    regions = makeRegions(send)
  const cuts = pictured(
    "Precision against recall",
    makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" }),
  )
  const bins = pictured(
    "Scores against answers",
    makeCurve({
      label: "Scores against answers",
      xWords: "mean score",
      yWords: "share of yes",
      xAxis: "share",
      bars: true,
      goal: [0, 1],
      yAt: "end",
    }),
  )
  const people = makeAgreement()
  let shown = 0
  which.setAttribute("aria-label", "Audit")
  which.addEventListener("change", () => send({ type: "show", number: Number(which.value) }))
  for (const [kind, words] of [
    ["html", "Certificate, as a page"],
    ["json", "as JSON"],
  ]) {
    const one = button(
      `certificate ${kind}`,
      words,
      kind === "html" ? "One page to read, print and pass on" : "The same for programs, with every answer",
      () => send({ type: "save", kind, number: shown }),
    )
    files.append(one)
  }
  files.append(
    button("check", "Check it", "Make the certificate anew from release, draw and log, and name any difference", () =>
      send({ type: "check", number: shown }),
    ),
  )
  more.append(text("summary", "soft", "In words, and hashes"), said, hashes)
  box.append(
    which,
    title,
    expired,
    statement,
    rule,
    figures,
    watched.box,
    hour,
    files,
    more,
    hidden,
    lost,
    cuts.box,
    bins.box,
    regions.box,
    wall,
    people.box,
  )

  function update(standing) {
    const result = standing.result
    box.hidden = !result
    if (!result) {
      return
    }
    shown = result.number
    options(which, standing.published, String(result.number))
    which.hidden = standing.published.length < 2
    title.textContent = result.title
    tell(expired, result.expired)
    statement.textContent = result.statement
    statement.classList.toggle("certified", result.certified)
    rule.textContent = result.rule
    fill(figures, result.figures)
    watched.update(result.watched)
    tell(hour, result.hour)
    said.replaceChildren(...result.said.map((words) => text("p", "", words)))
    fillHashes(hashes, result.hashes)
    tell(hidden, result.hidden)
    tell(lost, result.lost)
    cuts.update(result.cuts?.points ?? [], result.cuts?.here, result.cuts?.words ?? "")
    bins.update(
      result.bins,
      null,
      result.bins.length ? "On the dashed line a score is what it says; bars are intervals." : "",
    )
    regions.update(result.regions)
    people.update(result)
    wall.hidden = Boolean(result.hidden)
    box.dataset.number = result.number
  }
  // The wall of mistakes comes by itself: it has pictures.
  function mistakes(message) {
    const again = button(
      "again",
      "Ask about such images in the next round",
      "Images like the mistakes, none of the audited ones, wait then in the Label tab",
      () => send({ type: "again" }),
    )
    wall.replaceChildren(
      ...(message.words ? [text("h4", "", "Mistakes"), text("p", "", message.words)] : []),
      ...message.sides.filter((side) => side.items.length).map((side) => strip(side.title, side.items, acts)),
    )
    if (message.any) {
      wall.append(again)
    }
    acts.pictures.keep(message.sides.flatMap((side) => side.items.map((item) => item.row)))
  }
  return { box, update, mistakes }
}

function tell(box, words) {
  box.textContent = words
  box.hidden = !words
}

// A chart under its title, away while there is nothing to draw.
function pictured(title, chart) {
  const box = node("div", "pictured"),
    words = text("p", "soft", "")
  box.append(text("h4", "", title), chart.box, words)
  return {
    box,
    update(points, mark, said) {
      box.hidden = !points.length
      if (points.length) {
        chart.update(points, mark)
      }
      words.textContent = said
    },
  }
}

// How much people agree, and a line for each.
function makeAgreement() {
  const box = node("div", "agreement"),
    figures = node("dl", "figures"),
    words = text("p", "soft", ""),
    table = node("table", "prices people")
  box.append(text("h4", "", "People"), figures, words, table)
  function update(result) {
    box.hidden = !result.agreement
    if (!result.agreement) {
      return
    }
    fill(figures, result.agreement.figures)
    words.textContent = result.agreement.words
    table.hidden = !result.people.length
    rowsOf(
      table,
      ["Person", "Answers", "Time each", "Finds yes", "False yes", "Steady"],
      result.people.map((one) => [
        one.name,
        one.answers,
        one.seconds,
        one.sensitivity.value,
        one.false_positives.value,
        one.consistency.value,
      ]),
    )
    for (const [place, help] of [
      [3, "Of gold questions that are yes"],
      [4, "Of gold questions that are no"],
      [5, "Second looks that said the same"],
    ]) {
      table.rows[0].cells[place].title = help
      result.people.forEach((one, at) => {
        table.rows[at + 1].cells[place].title = one[["sensitivity", "false_positives", "consistency"][place - 3]].help
      })
    }
  }
  return { box, update }
}
