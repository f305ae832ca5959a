// The result of a published audit: statement, figures, certificate, charts, mistakes and people.

import { makeRegions } from "./charts.js"
import { choices, rowsOf } from "./plan.js"
import { fillHashes, makeWatched } from "./progress.js"
import { fill, strip } from "../common/attribute_tab_parts.js"
import { makeCurve } from "../common/charts.js"
import { button, node, text } from "../common/elements.js"

/** @typedef {import("./charts.js").Send} Send */
/** @typedef {import("../common/attribute_tab_parts.js").PictureActs} PictureActs */
/** @typedef {import("../common/charts.js").Curve} Curve */

// Columns of the table of people with a rate, and their help.
const RATES = /** @type {const} */ ([
  { place: 3, name: "sensitivity", help: "Share of yes among the gold questions whose answer is yes" },
  { place: 4, name: "false_positives", help: "Share of yes among the gold questions whose answer is no" },
  { place: 5, name: "consistency", help: "Share of repeats with the same answer" },
])

export class AuditResult {
  #send
  #acts
  box = node("section", "result")
  #which = node("select")
  #title = text("p", "soft", "")
  #expired = text("p", "advice warn expired", "")
  #statement = text("p", "statement", "")
  #rule = text("p", "soft", "")
  #hour = text("p", "soft hour", "")
  #figures = node("dl", "figures")
  #sentences = node("div", "sentences")
  #hashes = node("dl", "hashes")
  #hidden = text("p", "advice", "")
  #lost = text("p", "advice warn", "")
  #wall = node("div", "wall")
  #watched = makeWatched()
  #regions
  #thresholds = pictured(
    "Precision against recall",
    makeCurve({ label: "Precision against recall", xWords: "recall", yWords: "precision", xAxis: "share" }),
  )
  #bins = pictured(
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
  #people = makeAgreement()
  #shown = 0

  /** @param {Send} send @param {PictureActs} acts */
  constructor(send, acts) {
    this.#send = send
    this.#acts = acts
    const more = node("details")
    const files = node("div", "line files")
    this.#regions = makeRegions(this.#send)
    this.#which.setAttribute("aria-label", "Audit")
    this.#which.addEventListener("change", () => this.#send({ type: "show", number: Number(this.#which.value) }))
    for (const [kind, words] of [
      ["html", "Certificate, as a page"],
      ["json", "as JSON"],
    ]) {
      const one = button(
        `certificate ${kind}`,
        words,
        kind === "html" ? "One page to read, print and pass on" : "The certificate for programs, with every answer",
        () => this.#send({ type: "save", kind, number: this.#shown }),
      )
      files.append(one)
    }
    files.append(
      button(
        "check",
        "Verify",
        "Compute the certificate again from release, draw and log, and name every difference",
        () => this.#send({ type: "check", number: this.#shown }),
      ),
    )
    more.append(text("summary", "soft", "Details and hashes"), this.#sentences, this.#hashes)
    this.box.append(
      this.#which,
      this.#title,
      this.#expired,
      this.#statement,
      this.#rule,
      this.#figures,
      this.#watched.box,
      this.#hour,
      files,
      more,
      this.#hidden,
      this.#lost,
      this.#thresholds.box,
      this.#bins.box,
      this.#regions.box,
      this.#wall,
      this.#people.box,
    )
  }

  /** @param {Server.OrEmpty<Server.AuditStanding>} standing */
  update(standing) {
    const result = standing.result
    this.box.hidden = !result
    if (!result) {
      return
    }
    this.#shown = result.number
    choices(this.#which, standing.published, String(result.number))
    this.#which.hidden = standing.published.length < 2
    this.#title.textContent = result.title
    showText(this.#expired, result.expired)
    this.#statement.textContent = result.statement
    this.#statement.classList.toggle("certified", result.certified)
    this.#rule.textContent = result.rule
    fill(this.#figures, result.figures)
    this.#watched.update(result.watched)
    showText(this.#hour, result.hour)
    this.#sentences.replaceChildren(...result.sentences.map((words) => text("p", "", words)))
    fillHashes(this.#hashes, result.hashes)
    showText(this.#hidden, result.hidden)
    showText(this.#lost, result.lost)
    this.#thresholds.update(
      result.thresholds?.points ?? [],
      result.thresholds?.here ?? null,
      result.thresholds?.words ?? "",
    )
    this.#bins.update(
      result.bins,
      null,
      result.bins.length ? "On the dashed line, scores equal the share of yes. The bars are intervals." : "",
    )
    this.#regions.update(result.regions)
    this.#people.update(result)
    this.#wall.hidden = Boolean(result.hidden)
    this.box.dataset.number = String(result.number)
  }

  // The mistakes come in a message of their own, because they carry pictures.
  /** @param {Server.MistakesMessage} message */
  mistakes(message) {
    const again = button(
      "again",
      "Ask about similar images in the next round",
      "Add questions about images that are similar to the mistakes, without audited images",
      () => this.#send({ type: "again" }),
    )
    this.#wall.replaceChildren(
      ...(message.words ? [text("h4", "", "Mistakes"), text("p", "", message.words)] : []),
      ...message.sides.filter((side) => side.items.length).map((side) => strip(side.title, side.items, this.#acts)),
    )
    if (message.any) {
      this.#wall.append(again)
    }
    this.#acts.pictures.keep(message.sides.flatMap((side) => side.items.map((item) => item.row)))
  }
}

/** @param {HTMLElement} box @param {string} words */
function showText(box, words) {
  box.textContent = words
  box.hidden = !words
}

// A chart under its title. It is hidden while there is nothing to draw.
/** @param {string} title @param {Curve} chart */
function pictured(title, chart) {
  const box = node("div", "pictured"),
    words = text("p", "soft", "")
  box.append(text("h4", "", title), chart.box, words)
  return {
    box,
    /** @param {Server.ChartPoint[]} points @param {Server.Spot | null} spot @param {string} caption */
    update(points, spot, caption) {
      box.hidden = !points.length
      if (points.length) {
        chart.update(points, spot)
      }
      words.textContent = caption
    },
  }
}

// The agreement of people, and a line for each person.
function makeAgreement() {
  const box = node("div", "agreement"),
    figures = node("dl", "figures"),
    words = text("p", "soft", ""),
    table = node("table", "prices people")
  box.append(text("h4", "", "People"), figures, words, table)
  /** @param {Server.PublishedResult} result */
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
      ["Person", "Answers", "Time per answer", "Sensitivity", "False positives", "Consistency"],
      result.people.map((one) => [
        one.name,
        one.answers,
        one.seconds,
        one.sensitivity.value,
        one.false_positives.value,
        one.consistency.value,
      ]),
    )
    for (const { place, name, help } of RATES) {
      table.rows[0].cells[place].title = help
      result.people.forEach((one, at) => {
        table.rows[at + 1].cells[place].title = one[name].help
      })
    }
  }
  return { box, update }
}
