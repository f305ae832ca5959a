// The starting values of a form: an empty attribute, the present definition, or unsaved text.

/**
 * Values of the form: texts as typed, examples as ids of images.
 * @typedef {Object} FormValues
 * @property {string} name
 * @property {string} group
 * @property {number} seen_version the version that is edited, 0 for a new attribute
 * @property {string} title
 * @property {string} definition
 * @property {string} counts one point a line
 * @property {string} counts_not one point a line
 * @property {string[]} examples_yes
 * @property {string[]} examples_no
 */

/** @type {Omit<FormValues, "group">} */
const EMPTY = {
  name: "",
  seen_version: 0,
  title: "",
  definition: "",
  counts: "",
  counts_not: "",
  examples_yes: [],
  examples_no: [],
}

// Group and title -> content_sea_shell. Accents are dropped. A title in another alphabet gives no name, so the person types one.
/** @param {string} group @param {string} title */
export function attributeName(group, title) {
  const word = title
    .normalize("NFKD")
    .replace(/[\u0300-\u036f]/g, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^_+|_+$/g, "")
  return word ? `${group}_${word}`.slice(0, 100) : `${group}_`
}

/** @returns {FormValues} */
export const blankForm = (group = "content") => ({ ...EMPTY, group })

/** @param {Pick<Server.DefinitionRecord, "title" | "definition" | "counts" | "counts_not">} definition */
export const fieldsOf = (definition) => ({
  title: definition.title,
  definition: definition.definition,
  counts: definition.counts.join("\n"),
  counts_not: definition.counts_not.join("\n"),
})

/** @param {Server.DetailMessage} detail @param {"yes" | "no"} kind */
const examplesOf = (detail, kind) => detail.examples.filter((one) => one.kind === kind).map((one) => one.image)

/** @param {Server.DetailMessage} detail @returns {FormValues} */
export const formOf = (detail) => ({
  ...blankForm(detail.group),
  ...fieldsOf(detail),
  name: detail.name,
  seen_version: detail.version,
  examples_yes: examplesOf(detail, "yes"),
  examples_no: examplesOf(detail, "no"),
})

// Unsaved forms, kept by the browser. A slot is the name of an attribute, or "new".
export class Drafts {
  #key

  /** @param {string} key */
  constructor(key) {
    this.#key = key
  }

  /** @param {string} slot @param {FormValues} form */
  keep(slot, form) {
    try {
      sessionStorage.setItem(`${this.#key}:${slot}`, JSON.stringify(form))
    } catch {
      /* the browser has no storage */
    }
  }

  /** @param {string} slot */
  forget(slot) {
    try {
      sessionStorage.removeItem(`${this.#key}:${slot}`)
    } catch {
      /* nothing was kept */
    }
  }

  /** @param {string} slot @returns {FormValues | null} */
  recall(slot) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(`${this.#key}:${slot}`) ?? "null")
      return kept && Array.isArray(kept.examples_yes) && Array.isArray(kept.examples_no) ? kept : null
    } catch {
      return null
    }
  }
}
