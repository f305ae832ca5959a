// The plan of an audit: what is wished, and at once what it takes and could show. Nothing is fixed before it is frozen.

import { button, node, text } from "../shared/elements.js"

export function makeAuditPlan(send) {
  const box = node("details", "plan"),
    title = text("summary", "", ""),
    body = node("div"),
    line = node("div", "line")
  const wish = (name, value) => send({ type: "wish", name, value })
  const release = chooser("Release to audit", (value) => wish("release", Number(value))),
    about = text("p", "soft about", "")
  const sentence = text("p", "sentence", ""),
    said = node("div", "said"),
    cannot = text("p", "advice warn", ""),
    there = text("p", "soft", "")
  const table = node("table", "prices"),
    wishes = node("div", "wishes")
  const rule = chooser("What counts as a yes", (value) => wish("rule", value))
  const fields = {
    target: number("Precision to show, per cent", (value) => wish("target", value), { min: 50, max: 99.9, step: 0.5 }),
    truth: number("Precision that you suppose, per cent", (value) => wish("truth", value), {
      min: 50,
      max: 100,
      step: 0.5,
    }),
    positives: number("Positives to ask", (value) => wish("positives", value), { min: 0, step: 1 }),
    negatives: number("Negatives to ask", (value) => wish("negatives", value), { min: 0, step: 1 }),
    jointly: number("Attributes jointly", (value) => wish("jointly", value), { min: 1, step: 1 }),
  }
  const fixed = button(
    "fixed",
    "At the end",
    "Fixed: the bound speaks once, when all images have a verdict; the fewest images",
    () => wish("kind", "fixed"),
  )
  const anytime = button(
    "anytime",
    "After every answer",
    "Anytime: a bound that may be watched and stopped at, at the price of some more images",
    () => wish("kind", "anytime"),
  )
  const kinds = node("span", "kinds")
  kinds.setAttribute("role", "group")
  kinds.setAttribute("aria-label", "When the bound speaks")
  kinds.append(fixed, anytime)
  const freeze = button(
    "primary freeze",
    "Freeze",
    "Fix release, plan and population under their hashes; nothing is drawn yet",
    () => send({ type: "freeze" }),
  )
  const classic = button(
    "classic",
    "Classic: 100 + 100, as BAM",
    "100 positives and 100 negatives, any of two people",
    () => wish("classic", true),
  )
  for (const [words, help, field] of [
    ["Show a precision of", "What the certificate shall say: at least so many per cent", withUnit(fields.target, "%")],
    ["You suppose it is", "The better the truth, the fewer images do", withUnit(fields.truth, "%")],
    ["Truth", "What the answers of several people make of an image", rule],
    ["The bound speaks", "Fixed before the draw", kinds],
    ["Positives to ask", "Left empty: as many as show the precision if the truth is as you suppose", fields.positives],
    ["Negatives to ask", "For recall: what the release misses", fields.negatives],
    ["Attributes jointly", "How many audits shall hold at once; each is then tested more strictly", fields.jointly],
  ]) {
    const part = node("label")
    part.title = help
    part.append(text("span", "soft", words), field)
    wishes.append(part)
  }
  line.append(freeze, classic)
  body.append(release, about, sentence, cannot, line, said, wishes, table, there)
  box.append(title, body)
  let first = ""

  function update(standing, anew = false) {
    const plan = standing.plan
    box.hidden = !plan
    if (!plan) {
      return
    }
    const again = Boolean(standing.result),
      now = `${standing.attribute}:${again}`
    if (now !== first) {
      first = now
      box.open = !again
    }
    title.textContent = again ? "Plan another audit" : "Plan"
    options(release, plan.releases, plan.release)
    release.hidden = plan.releases.length < 2
    about.textContent = release.hidden ? `${plan.releases[0].title}: ${plan.about}` : plan.about
    sentence.textContent = plan.sentence
    options(rule, plan.rules, plan.rule)
    for (const [name, field] of Object.entries(fields)) {
      put(field, plan[name], anew)
    }
    fields.positives.placeholder = plan.placeholder ?? ""
    fixed.setAttribute("aria-pressed", plan.kind === "fixed")
    anytime.setAttribute("aria-pressed", plan.kind === "anytime")
    classic.setAttribute("aria-pressed", plan.classic)
    table.hidden = !plan.table.length
    const count = plan.positives || plan.placeholder
    rowsOf(
      table,
      ["If the truth is", "images needed", `chance with ${Number(count).toLocaleString("en")}`],
      plan.table.map((row) => [row.truth, row.images, row.chance]),
    )
    said.replaceChildren(...plan.said.map((words) => text("p", "", words)))
    cannot.textContent = plan.cannot
    cannot.hidden = !plan.cannot
    there.textContent = plan.population
    freeze.disabled = !plan.ready
  }
  return { box, update }
}

function chooser(label, act) {
  const box = node("select")
  box.setAttribute("aria-label", label)
  box.addEventListener("change", () => act(box.value))
  return box
}

function number(label, act, limits) {
  const box = node("input")
  Object.assign(box, { type: "number", ...limits })
  box.setAttribute("aria-label", label)
  box.addEventListener("change", () => act(box.value))
  return box
}

function withUnit(field, unit) {
  const box = node("span", "unit")
  box.append(field, text("span", "soft", unit))
  return box
}

// What the server says goes into a field unless somebody is typing there; what it refused goes back anyway.
function put(field, value, anew) {
  if (anew || field.getRootNode().activeElement !== field || field.value === "") {
    field.value = value
  }
}

// A select's options are made anew only if there are others: an open list must not close.
export function options(box, entries, value) {
  const now = JSON.stringify(entries)
  if (box.dataset.listed !== now) {
    box.dataset.listed = now
    box.replaceChildren(
      ...entries.map((entry) => {
        const option = text("option", "", entry.title)
        option.value = entry.name
        option.title = entry.help ?? ""
        return option
      }),
    )
  }
  box.value = value
}

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
