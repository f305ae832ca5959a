// Build the browser's half of every component: each script that exports `render` becomes one file in `built/`.
//
// A component reaches the browser as text, from a server and inside a notebook alike, and text has no place from which
// `import` could find another file. So esbuild joins the modules when they change, and what it wrote is committed.
// `built/sources.json` holds the SHA-256 of every module and every built file: it shows without Node whether they agree.
//
// node explorer/views/build.mjs           write the built files
// node explorer/views/build.mjs --check   compare them byte for byte, write nothing

import { createHash } from "node:crypto"
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import path from "node:path"
import process from "node:process"
import { fileURLToPath } from "node:url"

import { build } from "esbuild"

const VIEWS = path.dirname(fileURLToPath(import.meta.url))
const BUILT = path.join(VIEWS, "built")

/** @type {(file: string) => string} */
const read = (file) => readFileSync(file, "utf8").replaceAll("\r\n", "\n")
/** @type {(content: string) => string} */
const sha256 = (content) => createHash("sha256").update(content, "utf8").digest("hex")

/** Return the modules below `explorer/views`, as paths with slashes, without what was built. */
function modules() {
  return readdirSync(VIEWS, { encoding: "utf8", recursive: true })
    .map((name) => name.split(path.sep).join("/"))
    .filter((name) => name.endsWith(".js") && !name.startsWith("built/"))
    .sort()
}

/** Return every built file by its name, and their summary. */
async function everything() {
  const names = modules()
  const sources = Object.fromEntries(names.map((name) => [name, sha256(read(path.join(VIEWS, name)))]))
  const components = names.filter((name) => /^export function render\b/m.test(read(path.join(VIEWS, name))))
  const result = await build({
    absWorkingDir: VIEWS,
    entryPoints: components,
    entryNames: "[name]",
    outdir: BUILT,
    banner: { js: '// Built from the modules named below by "npm run build". Change those, not this file.' },
    bundle: true,
    charset: "utf8",
    format: "esm",
    legalComments: "none",
    target: "es2022",
    write: false,
  })
  const built = new Map(result.outputFiles.map((file) => [path.basename(file.path), file.text]))
  const hashes = Object.fromEntries([...built].sort().map(([name, content]) => [name, sha256(content)]))
  return built.set("sources.json", `${JSON.stringify({ sources, built: hashes }, null, 2)}\n`)
}

const wanted = await everything()
const present = readdirSync(BUILT).filter((name) => name !== "README.md")
const stale = [...wanted].filter(
  ([name, content]) => !present.includes(name) || read(path.join(BUILT, name)) !== content,
)
const superfluous = present.filter((name) => !wanted.has(name))
if (!process.argv.includes("--check")) {
  for (const [name, content] of stale) writeFileSync(path.join(BUILT, name), content)
  for (const name of superfluous) rmSync(path.join(BUILT, name))
} else if (stale.length || superfluous.length) {
  const names = [...stale.map(([name]) => name), ...superfluous]
  console.error(`Not current in explorer/views/built: ${names.join(", ")}. Run "npm run build" and commit the result.`)
  process.exitCode = 1
}
