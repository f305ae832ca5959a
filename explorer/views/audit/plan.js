// The plan form of an audit, with the images that the plan needs and its chances. Nothing is stored before it is frozen.

import { button, focusedBeside, node, options, text } from "../common/elements.js"
import { choicesOf } from "../common/attribute_tab_parts.js"

/** @typedef {import("./charts.js").Send} Send */
/** @typedef {Server.OrEmpty<Server.AuditStanding>} Standing */

const NUMBERS = /** @type {const} */ (["target", "truth", "positives", "negatives", "jointly"])

export class AuditPlan {
  #send
  box = node("details", "plan")
  #title = text("summary", "", "")
  #release
  #about = text("p", "soft about", "")
  #sentence = text("p", "sentence", "")
  #sentences = node("div", "sentences")
  #cannot = text("p", "advice warn", "")
  #there = text("p", "soft", "")
  #table = node("table", "prices")
  #rule
  #fields
  #fixed
  #anytime
  #freeze
  #classic
  #first = ""

  /** @param {Send} send */
  constructor(send) {
    this.#send = send
    const body = node("div")
    const line = node("div", "line")
    this.#release = chooser("Release to audit", (value) => this.#choose("release", Number(value)))
    this.#rule = chooser("Rule for a yes", (value) => this.#choose("rule", value))
    this.#fields = {
      target: number("Precision to show, per cent", (value) => this.#choose("target", value), {
        min: 50,
        max: 99.9,
        step: 0.5,
      }),
      truth: number("Expected precision, per cent", (value) => this.#choose("truth", value), {
        min: 50,
        max: 100,
        step: 0.5,
      }),
      positives: number("Positives to ask", (value) => this.#choose("positives", value), { min: 0, step: 1 }),
      negatives: number("Negatives to ask", (value) => this.#choose("negatives", value), { min: 0, step: 1 }),
      jointly: number("Attributes jointly", (value) => this.#choose("jointly", value), { min: 1, step: 1 }),
    }
    this.#fixed = button(
      "fixed",
      "once at the end",
      "Fixed plan: the bound is reported once, when all images have a verdict; needs the fewest images",
      () => this.#choose("kind", "fixed"),
    )
    this.#anytime = button(
      "anytime",
      "after every answer",
      "Anytime plan: you may watch the bound and stop at any time; needs some more images",
      () => this.#choose("kind", "anytime"),
    )
    const kinds = node("span", "kinds")
    kinds.setAttribute("role", "group")
    kinds.setAttribute("aria-label", "Report the bound")
    kinds.append(this.#fixed, this.#anytime)
    this.#freeze = button(
      "primary freeze",
      "Freeze",
      "Fix release, plan and population under hashes; nothing is drawn yet",
      () => this.#send({ type: "freeze" }),
    )
    this.#classic = button(
      "classic",
      "Classic: 100 + 100, as BAM",
      "100 positives and 100 negatives, any of two people",
      () => this.#choose("classic", true),
    )
    line.append(this.#freeze, this.#classic)
    body.append(
      this.#release,
      this.#about,
      this.#sentence,
      this.#cannot,
      line,
      this.#sentences,
      this.#optionsBeside(kinds),
      this.#table,
      this.#there,
    )
    this.box.append(this.#title, body)
  }

  /** @param {HTMLElement} kinds */
  #optionsBeside(kinds) {
    const box = node("div", "options")
    /** @type {[words: string, help: string, field: HTMLElement][]} */
    const fields = [
      [
        "Show a precision of",
        "The target: the certificate states at least this precision",
        withUnit(this.#fields.target, "%"),
      ],
      [
        "Expected precision",
        "Your guess of the true precision; the higher it is, the fewer images are needed",
        withUnit(this.#fields.truth, "%"),
      ],
      ["Truth", "How several answers decide an image", this.#rule],
      ["Report the bound", "Fixed before the draw", kinds],
      ["Positives to ask", "Left empty, as many as certify the precision if it is as expected", this.#fields.positives],
      ["Negatives to ask", "For recall: the positives that the release misses", this.#fields.negatives],
      [
        "Attributes jointly",
        "Number of audits to claim at once; each one is tested more strictly",
        this.#fields.jointly,
      ],
    ]
    for (const [words, help, field] of fields) {
      const part = node("label")
      part.title = help
      part.append(text("span", "soft", words), field)
      box.append(part)
    }
    return box
  }

  /** @param {string} name @param {string | number | boolean} value */
  #choose(name, value) {
    return this.#send({ type: "plan_form", name, value })
  }

  /** @param {Standing} standing @param {boolean} [always] replaces what a person is typing, too */
  update(standing, always = false) {
    const plan = standing.plan
    this.box.hidden = !plan
    if (!plan) {
      return
    }
    const again = Boolean(standing.result),
      now = `${standing.attribute}:${again}`
    if (now !== this.#first) {
      this.#first = now
      this.box.open = !again
    }
    this.#title.textContent = again ? "Plan another audit" : "Plan"
    choices(this.#release, plan.releases, plan.release)
    this.#release.hidden = plan.releases.length < 2
    this.#about.textContent = this.#release.hidden ? `${plan.releases[0]?.title ?? ""}: ${plan.about}` : plan.about
    this.#sentence.textContent = plan.sentence
    choices(this.#rule, plan.rules, plan.rule)
    for (const name of NUMBERS) {
      put(this.#fields[name], plan[name], always)
    }
    this.#fields.positives.placeholder = plan.placeholder
    this.#fixed.setAttribute("aria-pressed", String(plan.kind === "fixed"))
    this.#anytime.setAttribute("aria-pressed", String(plan.kind === "anytime"))
    this.#classic.setAttribute("aria-pressed", String(plan.classic))
    this.#table.hidden = !plan.table.length
    const count = plan.positives || plan.placeholder
    rowsOf(
      this.#table,
      ["If the precision is", "images needed", `chance with ${Number(count).toLocaleString("en")}`],
      plan.table.map((row) => [row.truth, row.images, row.chance]),
    )
    this.#sentences.replaceChildren(...plan.sentences.map((words) => text("p", "", words)))
    this.#cannot.textContent = plan.cannot
    this.#cannot.hidden = !plan.cannot
    this.#there.textContent = plan.population
    this.#freeze.disabled = !plan.ready
  }
}

/** @param {string} label @param {(value: string) => void} act */
function chooser(label, act) {
  const box = node("select")
  box.setAttribute("aria-label", label)
  box.addEventListener("change", () => act(box.value))
  return box
}

/** @param {string} label @param {(value: string) => void} act @param {{ min: number, max?: number, step: number }} limits */
function number(label, act, limits) {
  const box = node("input")
  Object.assign(box, { type: "number", ...limits })
  box.setAttribute("aria-label", label)
  box.addEventListener("change", () => act(box.value))
  return box
}

/** @param {HTMLElement} field @param {string} unit */
function withUnit(field, unit) {
  const box = node("span", "unit")
  box.append(field, text("span", "soft", unit))
  return box
}

// Put the server's value into a field, unless a person is typing there. A refused value is always put back.
/** @param {HTMLInputElement} field @param {string | number} value @param {boolean} always */
function put(field, value, always) {
  if (always || focusedBeside(field) !== field || field.value === "") {
    field.value = String(value)
  }
}

// Set the options of a select and the chosen one from the server's list.
/** @param {HTMLSelectElement} box @param {Server.Choice[]} entries @param {string} value */
export function choices(box, entries, value) {
  options(box, choicesOf(entries))
  box.value = value
}

/** @param {HTMLTableElement} table @param {string[]} head @param {string[][]} rows */
export function rowsOf(table, head, rows) {
  const top = node("tr")
  top.append(
    ...head.map((words) => {
      const cell = text("th", "", words)
      cell.scope = "col"
      return cell
    }),
  )
  table.replaceChildren(
    top,
    ...rows.map((row) => {
      const line = node("tr")
      line.append(...row.map((words) => text("td", "", words)))
      return line
    }),
  )
}
