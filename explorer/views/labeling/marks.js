// Keeps the person's choices and unconfirmed marks in the window's session storage, so that they survive a reload.

/** @param {string} place @param {Server.LabelingWorkShown} work */
export function keepWork(place, work) {
  try {
    sessionStorage.setItem(place, JSON.stringify(work))
  } catch {
    /* not kept */
  }
}

/** @param {string} place @returns {{ [name: string]: unknown } | null} */
export function keptWork(place) {
  try {
    return JSON.parse(sessionStorage.getItem(place) ?? "null")
  } catch {
    return null
  }
}

export class KeptMarks {
  #place

  /** @param {string} place */
  constructor(place) {
    this.#place = place
  }

  /** @param {import("./pages.js").Page} page */
  remember(page) {
    try {
      sessionStorage.setItem(`${this.#place}:${page.id}`, JSON.stringify([...page.marks]))
    } catch {
      /* not kept */
    }
  }

  /** @param {import("./pages.js").Page} page */
  forget(page) {
    try {
      sessionStorage.removeItem(`${this.#place}:${page.id}`)
    } catch {
      /* not kept */
    }
  }

  /** @param {import("./pages.js").Page} page */
  recall(page) {
    try {
      for (const [draw, value] of JSON.parse(sessionStorage.getItem(`${this.#place}:${page.id}`) ?? "[]")) {
        page.marks.set(draw, value)
      }
    } catch {
      /* not kept */
    }
  }
}
