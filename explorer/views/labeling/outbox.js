// The outbox: keeps actions in the browser and sends them again until the server reports that they are durable.
// Sending an action twice changes nothing, because the store recognises its id.

const RETRY = 4000 // ms until an unsaved action is sent again

// Return a new id of an action: 32 hexadecimal digits.
export function newId() {
  const bytes = [...crypto.getRandomValues(new Uint8Array(16))]
  return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("")
}

export class Outbox {
  #model
  #key
  #told
  #place
  #acts = []
  #timer = 0
  #saved = 0
  #problem = ""
  #forgetful = false

  constructor(model, key, told) {
    this.#model = model
    this.#key = key
    this.#told = told
    const window_id = crypto.randomUUID?.() ?? String(Math.random())
    this.#place = `bam-explorer:outbox:${this.#key}:${window_id}`
    addEventListener("beforeunload", this.#leaving)
  }

  #keep() {
    try {
      this.#acts.length
        ? localStorage.setItem(this.#place, JSON.stringify(this.#acts))
        : localStorage.removeItem(this.#place)
    } catch {
      this.#forgetful = true
    }
    this.#told()
  }

  add(annotator, act) {
    this.#acts.push({ ...act, annotator })
    this.#keep()
    this.#send(act)
  }

  #send(act) {
    this.#model.send_msg({ type: "act", ...act })
  }

  again = () => {
    clearTimeout(this.#timer)
    for (const { annotator, ...act } of this.#acts) {
      this.#send(act)
    }
  }

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
    try {
      for (const name of Object.keys(localStorage)) {
        if (!name.startsWith(`bam-explorer:outbox:${this.#key}:`) || name === this.#place) {
          continue
        }
        const known = new Set(this.#acts.map((act) => act.id))
        this.#acts.push(...JSON.parse(localStorage.getItem(name) ?? "[]").filter((act) => !known.has(act.id)))
        localStorage.removeItem(name)
      }
    } catch {
      /* nothing kept */
    }
    this.#keep()
    return this.#acts
  }

  // Another annotator works here now: actions of the others are kept until these annotators return.
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

  answersOf(id) {
    return this.#acts.find((act) => act.id === id)?.replies?.length ?? 1
  }

  close() {
    clearTimeout(this.#timer)
    removeEventListener("beforeunload", this.#leaving)
  }
}
