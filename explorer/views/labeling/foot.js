// Below the sheet: keys, saved answers, progress, sources of questions, and the people present.

import { button, node, options, text } from "../common/elements.js"

// The most frequent keys; the instructions list all. An entry with an action is also a button, because a phone has no
// keys.
/** @typedef {import("./acts.js").Acts} Acts */
/** @typedef {[key: string, words: string, act?: "skip" | "confirm" | "undo" | "previous"]} Key */
/** @type {Record<string, Key[]>} */
const KEYS = {
  page: [
    ["←→↑↓", "move"],
    ["space", "yes"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["↵", "rest is no, next", "confirm"],
    ["z", "undo", "undo"],
  ],
  single: [
    ["y", "yes"],
    ["n", "no"],
    ["u", "unsure"],
    ["s", "skip", "skip"],
    ["←", "previous", "previous"],
    ["z", "undo", "undo"],
  ],
  caption: [
    ["↵", "save and next"],
    ["Esc s", "skip", "skip"],
    ["Esc z", "undo", "undo"],
  ],
}

/** @type {[value: string, words: string][]} */
const RULES = [
  ["1", "One answer settles an image"],
  ["2", "Two must agree; splits go to a third"],
  ["3", "Three must agree; splits go to five"],
]

export class Foot {
  #acts
  box = node("footer", "foot")
  #keys = node("div", "keys")
  #saved = text("div", "saved", "")
  #goal = node("div", "goal")
  #bar = node("i")
  #goalWords = text("span", "", "")
  #more = node("details", "more")
  #ask = node("div", "ask")
  #queue = node("div", "queue")
  #people = node("div", "people")
  #rule = node("label", "rule")
  #agree = node("select")
  #leave
  #listed = ""
  #mode = ""

  /** @param {Acts} acts */
  constructor(acts) {
    this.#acts = acts
    this.#goal.append(this.#bar, this.#goalWords)
    this.#saved.setAttribute("role", "status")
    options(this.#agree, RULES)
    this.#agree.addEventListener("change", () => this.#acts.agree(Number(this.#agree.value)))
    this.#rule.append(text("span", "soft", "Rule"), this.#agree)
    this.#more.append(
      text("summary", "", "Questions, people, rule"),
      text("h4", "", "Add questions"),
      this.#ask,
      this.#queue,
      text("h4", "", "People present"),
      this.#people,
      this.#rule,
    )
    this.#leave = button("plain", "Change annotator", "Stop answering under this name", this.#acts.leave)
    this.box.append(this.#keys, this.#goal, this.#saved, this.#more)
  }

  /** @param {Server.LabelStatus} status @param {import("./outbox.js").Outbox} outbox */
  update(status, outbox) {
    const work = status.work,
      wanted = work.captions ? "caption" : work.mode
    if (wanted !== this.#mode) {
      this.#mode = wanted
      this.#keys.replaceChildren(...(KEYS[wanted] ?? []).map(this.#hint))
    }
    const counts = status.counts,
      ready = counts !== null && !work.captions
    this.#goal.hidden = !ready
    if (ready) {
      const far = Math.min(1, counts.yes / status.goal)
      this.#bar.style.width = `${far * 100}%`
      this.#goalWords.textContent =
        counts.yes < status.goal
          ? `${counts.yes} of the ${status.goal} yes answers to start with · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} need another answer` : ""}`
          : `${counts.yes} yes · ${counts.no} no · ${counts.unsure} unsure${counts.split ? ` · ${counts.split} split` : ""}${counts.open ? ` · ${counts.open} need another answer` : ""}`
    }
    const parts = [`${outbox.saved().toLocaleString("en")} saved`]
    if (outbox.pending()) {
      parts.push(`${outbox.pending()} being saved`)
    }
    if (status.left) {
      parts.push(`${status.left.toLocaleString("en")} left`)
    }
    if (status.pace) {
      parts.push(`${status.pace.toLocaleString("en")} per hour`)
    }
    if (status.left && status.minutes) {
      parts.push(`about ${status.minutes} min`)
    }
    if (status.consistency) {
      parts.push(status.consistency)
    }
    if (status.qualified) {
      parts.push(status.qualified)
    }
    this.#saved.textContent = parts.join(" · ")
    this.#more.hidden = !status.me.id
    this.#agree.value = String(status.attribute?.agree ?? 1)
    this.#rule.hidden = !status.attribute || work.captions
    this.#showSources(status)
    this.#showQueue(status)
    this.#showPeople(status)
  }

  /** @param {Key} entry */
  #hint = ([key, words, act]) => {
    const one = act
      ? button("hint", "", "", () => {
          this.#acts[act]()
          this.#acts.focus()
        })
      : node("span")
    one.append(text("kbd", "", key), ` ${words}`)
    return one
  }

  /** @param {Server.LabelStatus} status */
  #showSources(status) {
    const now = JSON.stringify([status.sources, status.clusters])
    if (now === this.#listed) {
      return
    }
    this.#listed = now
    this.#ask.replaceChildren(
      ...status.sources.map((source) => {
        const form = node("form", "source"),
          go = text("button", "", source.title)
        go.type = "submit"
        go.title = source.help
        go.disabled = !source.enabled
        form.dataset.source = source.key
        const field =
          source.takes === "words"
            ? wordsField(source.value)
            : source.takes === "cluster"
              ? clusterField(status.clusters)
              : null
        form.append(
          go,
          ...(field ? [field] : []),
          ...(source.count === null ? [] : [text("span", "soft", source.count.toLocaleString("en"))]),
        )
        if (field && source.takes === "cluster") {
          form.append(
            button("", "Select", "Select the images of this cluster, to look at them or to label them in bulk", () =>
              this.#acts.selectCluster(field.value),
            ),
          )
        }
        form.addEventListener("submit", (event) => {
          event.preventDefault()
          this.#more.open = false
          this.#acts.source(source.key, field?.value ?? "")
          this.#acts.focus()
        })
        return form
      }),
    )
  }

  /** @param {Server.LabelStatus} status */
  #showQueue(status) {
    this.#queue.replaceChildren(
      ...(status.batches.length ? [text("h4", "", "Queue")] : []),
      ...status.batches.map((batch) => {
        const row = node("div", "batch"),
          only = button("", "answer only these", "Answer only this part of the queue", () =>
            this.#acts.work({ batch: status.work.batch === batch.id ? "" : batch.id }),
          )
        only.setAttribute("aria-pressed", String(status.work.batch === batch.id))
        row.append(
          text("span", "title", batch.title),
          text("span", "soft", `${batch.left.toLocaleString("en")} left`),
          only,
          ...(batch.fixed ? [] : [button("", "×", "Cancel these questions", () => this.#acts.cancel(batch.id))]),
        )
        return row
      }),
    )
  }

  /** @param {Server.LabelStatus} status */
  #showPeople(status) {
    this.#people.replaceChildren(
      ...status.people.map((person) => {
        const row = node("div", "person"),
          doing = [person.me ? "you" : "", person.doing, person.holding ? `has ${person.holding} images` : ""].filter(
            Boolean,
          )
        row.append(
          node("i"),
          text("span", "title", person.name),
          text("span", "soft", doing.join(" · ")),
          ...(person.me ? [this.#leave] : []),
        )
        return row
      }),
    )
  }

  // Unfold the sources of questions.
  openMore() {
    this.#more.open = true
  }
}

/** @param {string} value */
function wordsField(value) {
  const field = node("input")
  field.type = "search"
  field.maxLength = 200
  field.placeholder = "bird"
  field.value = value
  field.setAttribute("aria-label", "Words in captions")
  return field
}

/** @param {Server.ClusterChoice[]} clusters */
function clusterField(clusters) {
  const field = node("select")
  field.setAttribute("aria-label", "Cluster")
  options(
    field,
    clusters.map(({ key, text: words }) => /** @type {const} */ ([key, words])),
  )
  return field
}
