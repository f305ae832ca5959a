// An audit under way: what was frozen, how far the answering is, and, in an anytime plan, the bound after every answer.

import { makeCurve } from "../shared/charts.js"
import { button, node, text } from "../shared/elements.js"
import { onKeys, pressKey } from "../shared/keys.js"

export function makeAuditProgress(send) {
  const box = node("section", "current"),
    title = text("h3", "", ""),
    said = node("div", "said"),
    more = node("details"),
    population = text("p", "soft", "")
  const hashes = node("dl", "hashes"),
    bar = node("progress"),
    progress = text("p", "answered", ""),
    people = node("ul", "people"),
    note = text("p", "advice warn", ""),
    fitted = text("p", "advice warn", "")
  const line = node("div", "line"),
    asking = makeQuestion(),
    watched = makeWatched()
  const draw = button(
    "primary draw",
    "Draw",
    "Draw the images, mix and shuffle them, and ask them in the Label tab",
    () => send({ type: "draw" }),
  )
  const answer = button(
    "primary answer",
    "Answer",
    "Answer in the Label tab: the same interface, set and score hidden (a)",
    () => send({ type: "answer" }),
  )
  const publish = button("publish", "Publish", "End the audit and write its certificate", () => end())
  const drop = button("drop", "Give it up", "End it without a certificate", () =>
    asking.ask(
      "Give this audit up? Its images are asked no more and enter no later audit; what was answered stays in the log.",
      "Give it up",
      () => send({ type: "drop" }),
      "Go on with it",
    ),
  )
  progress.setAttribute("role", "status")
  more.append(text("summary", "soft", "What is fixed"), said, population, hashes)
  line.append(draw, answer, publish, drop)
  box.append(title, bar, progress, people, watched.box, note, line, asking.box, fitted, more)
  let shown = null

  function end() {
    if (shown.complete) {
      send({ type: "publish" })
      return
    }
    asking.ask(
      `${shown.waiting} still wait for answers. What is open counts against the release, and nothing can be answered after publishing.`,
      "Publish as it is",
      () => send({ type: "publish" }),
      "Go on answering",
    )
  }
  function update(standing) {
    const now = standing.current
    box.hidden = !now
    if (!now) {
      shown = null
      asking.forget()
      return
    }
    if (shown?.number !== now.number || shown?.state !== now.state) {
      asking.forget()
      more.open = now.state === "frozen"
    }
    shown = now
    title.textContent = now.title
    const drawn = now.state === "drawn"
    draw.hidden = drawn
    answer.hidden = publish.hidden = bar.hidden = progress.hidden = !drawn
    answer.disabled = now.complete
    publish.classList.toggle("primary", now.complete)
    answer.classList.toggle("primary", !now.complete)
    bar.max = Math.max(1, now.images)
    bar.value = now.done
    bar.setAttribute("aria-label", "Images answered")
    progress.textContent = now.progress
    people.replaceChildren(
      ...now.people.map((person) => {
        const one = node("li")
        one.append(text("span", "", person.name), text("span", "soft", ` ${person.count}`))
        return one
      }),
    )
    people.hidden = !now.people.length
    note.textContent = now.note
    note.hidden = !now.note
    fitted.textContent = now.fitted
    fitted.hidden = !now.fitted
    watched.update(now.watched)
    said.replaceChildren(...now.said.map((words) => text("p", "", words)))
    population.textContent = now.population
    fillHashes(hashes, now.hashes)
    box.dataset.done = now.done
    box.dataset.images = now.images
  }
  return { box, update }
}

// The bound of an anytime plan, with its target.
export function makeWatched() {
  const box = node("div", "watched"),
    after = text("b", "after", ""),
    words = text("p", "", ""),
    hour = text("p", "soft", "")
  const chart = makeCurve({
    label: "Bound after every answer",
    xWords: "verdicts of positives",
    yWords: "precision, at least",
  })
  box.append(after, chart.box, words, hour)
  function update(watched) {
    box.hidden = !watched
    if (!watched) {
      return
    }
    after.textContent = watched.after
    after.hidden = !watched.after
    chart.box.toggleAttribute("hidden", !watched.points.length)
    if (watched.points.length) {
      chart.update(watched.points, { goal: watched.goal })
    }
    words.textContent = watched.words
    hour.textContent = watched.hour
    hour.hidden = !watched.hour
  }
  return { box, update }
}

// A question asked back before something that cannot be undone; keeping is the choice that has the focus.
function makeQuestion() {
  const box = node("div", "ask")
  box.hidden = true
  box.setAttribute("role", "alertdialog")
  function forget() {
    box.hidden = true
    box.replaceChildren()
  }
  function ask(words, yes, act, no) {
    const back = box.getRootNode().activeElement,
      keep = button("keep", no, "", () => {
        forget()
        back?.focus?.()
      }),
      line = node("div", "line")
    line.append(
      button("sure", yes, "", () => {
        forget()
        act()
      }),
      keep,
    )
    box.setAttribute("aria-label", yes)
    box.replaceChildren(text("p", "", words), line)
    box.hidden = false
    keep.focus()
  }
  onKeys(box, (event) => {
    if (pressKey(event, { Escape: () => box.querySelector(".keep")?.click() })) {
      event.stopPropagation()
    }
  })
  return { box, ask, forget }
}

export function fillHashes(list, hashes) {
  list.replaceChildren(
    ...hashes.flatMap((entry) => {
      const value = node("dd")
      value.append(text("code", "", entry.short))
      value.title = entry.whole
      return [text("dt", "soft", entry.name), value]
    }),
  )
}
