// The outbox: keeps actions in the browser and sends them again until the server reports that they are durable.
// Sending an action twice changes nothing, because the store recognises its id.

const RETRY = 4000 // ms until an unsaved action is sent again

// Return a new id of an action: 32 hexadecimal digits.
export function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))]
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

/**
 * An action as the server logs it.
 * @typedef {{ id: string, page: string } & (
 *   | { kind: "answer", replies: (readonly [draw: number, value: Value, seconds: number])[] }
 *   | { kind: "caption", draw: number, image: string, text: string, seconds: number }
 * )} Act
 */
/** @typedef {Act & { annotator: string | null }} StoredAct */
/** @typedef {import("./pages.js").Value} Value */

export class Outbox {
  #model
  #key
  #changed
  #place
  /** @type {StoredAct[]} */
  #acts = []
  #timer = 0
  #saved = 0
  #problem = ""
  #forgetful = false

  /** @param {Server.LabelTab} model @param {string} key @param {() => void} changed */
  constructor(model, key, changed) {
    this.#model = model
    this.#key = key
    this.#changed = changed
    const windowId = crypto.randomUUID?.() ?? String(Math.random())
    this.#place = `bam-explorer:outbox:${this.#key}:${windowId}`
    addEventListener("beforeunload", this.#leaving)
  }

  #keep() {
    try {
      if (this.#acts.length) {
        localStorage.setItem(this.#place, JSON.stringify(this.#acts))
      } else {
        localStorage.removeItem(this.#place)
      }
    } catch {
      this.#forgetful = true
    }
    this.#changed()
  }

  /** @param {string | null} annotator @param {Act} act */
  add(annotator, act) {
    this.#acts.push({ ...act, annotator })
    this.#keep()
    this.#send(act)
  }

  /** @param {Act} act */
  #send(act) {
    this.#model.send_msg({ type: "act", ...act })
  }

  again = () => {
    clearTimeout(this.#timer)
    for (const { annotator, ...act } of this.#acts) {
      this.#send(act)
    }
  }

  /** @param {string} id @param {number} counted */
  acknowledge(id, counted) {
    const before = this.#acts.length
    this.#acts = this.#acts.filter((act) => act.id !== id)
    if (this.#acts.length < before) {
      this.#saved += counted
      this.#problem = ""
    }
    if (this.#acts.length < before) {
      this.#keep()
    }
  }

  /** @param {Server.Failed} message */
  fail(message) {
    this.#problem = message.text
    if (message.again) {
      clearTimeout(this.#timer)
      this.#timer = setTimeout(this.again, RETRY)
    } else {
      this.#acts = this.#acts.filter((act) => act.id !== message.id)
    }
    this.#keep()
  }

  // Take over actions left by a closed page of this browser, or by this page before a reload.
  adopt() {
    /** @type {string[]} */
    const taken = []
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(`bam-explorer:outbox:${this.#key}:`) || name === this.#place) {
          continue
        }
        const known = new Set(this.#acts.map((act) => act.id))
        this.#acts.push(...actionsIn(localStorage.getItem(name)).filter((act) => !known.has(act.id)))
        taken.push(name)
      }
    } catch {
      /* nothing kept */
    }
    this.#keep() // first under this window's own name, then the others go
    if (!this.#forgetful) {
      for (const name of taken) {
        localStorage.removeItem(name)
      }
    }
    return this.#acts
  }

  // Another annotator works here now: actions of the others are kept until these annotators return.
  /** @param {string} annotator */
  keepFor(annotator) {
    const others = this.#acts.filter((act) => act.annotator !== annotator)
    if (!others.length) {
      return
    }
    this.#acts = this.#acts.filter((act) => act.annotator === annotator)
    try {
      localStorage.setItem(`bam-explorer:outbox:${this.#key}:${others[0].annotator}`, JSON.stringify(others))
    } catch {
      /* not kept */
    }
    this.#keep()
  }

  // Without storage the browser asks before leaving; with storage the rest is sent when the page is opened again.
  /** @param {BeforeUnloadEvent} event */
  #leaving = (event) => {
    if (this.#forgetful && this.#acts.length) {
      event.preventDefault()
    }
  }

  problem() {
    return this.#problem
  }

  saved() {
    return this.#saved
  }

  pending() {
    return this.#acts.length
  }

  /** @param {string} id */
  answersOf(id) {
    const act = this.#acts.find((one) => one.id === id)
    return act?.kind === "answer" ? act.replies.length : 1
  }

  close() {
    clearTimeout(this.#timer)
    removeEventListener("beforeunload", this.#leaving)
  }
}

// Damaged text holds no actions. It must not keep the others from being sent: the server refuses a list with one bad entry.
/** @param {string | null} text @returns {StoredAct[]} */
function actionsIn(text) {
  try {
    /** @type {StoredAct[]} */
    const acts = JSON.parse(text ?? "[]")
    return acts.filter((act) => typeof act?.id === "string" && typeof act.annotator === "string")
  } catch {
    return []
  }
}
