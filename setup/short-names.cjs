// Gives the functions that the page's module imports short names, in the module and in its script alike. wasm-bindgen
// ends each name with sixteen random digits, which cannot be compressed and are downloaded twice.

'use strict'

const LONG = /__wbg_[A-Za-z0-9_]*?_[0-9a-f]{16}\b/g

/** A number as WebAssembly writes it (LEB128, unsigned), from a place on: the number, and the place after it. */
function readNumber(bytes, at) {
  let value = 0
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]
    value += (byte & 0x7f) * 2 ** shift
    if (byte < 0x80) return [value, at]
  }
}

function number(value) {
  const bytes = []
  for (; value >= 0x80; value = Math.floor(value / 128)) bytes.push((value % 128) | 0x80)
  return Buffer.from([...bytes, value])
}

const text = (value) => Buffer.concat([number(Buffer.byteLength(value)), Buffer.from(value)])

/** The body of the import section with names looked up in `names`. Only functions, which is all that wasm-bindgen imports. */
function renameImports(body, names) {
  let [count, at] = readNumber(body, 0)
  const string = () => {
    const [length, from] = readNumber(body, at)
    at = from + length
    return body.subarray(from, at).toString()
  }
  const parts = [number(count)]
  for (; count > 0; count--) {
    const [module, name] = [string(), string()]
    const from = at
    if (body[at] !== 0) return null
    at = readNumber(body, at + 1)[1]
    parts.push(text(module), text(names.get(name) ?? name), body.subarray(from, at))
  }
  return Buffer.concat(parts)
}

/** Both files with short names; null where there is nothing to shorten, or something else than functions is imported. */
function shortNames(wasm, script) {
  const long = new Set(script.match(LONG))
  const names = new Map([...long].sort().map((name, place) => [name, `__wbg_${place.toString(36)}`]))
  if (names.size === 0) return null
  const parts = [wasm.subarray(0, 8)]
  for (let at = 8; at < wasm.length; ) {
    const [length, from] = readNumber(wasm, at + 1)
    const end = from + length
    const body = wasm[at] === 2 ? renameImports(wasm.subarray(from, end), names) : wasm.subarray(from, end)
    if (body === null) return null
    parts.push(wasm.subarray(at, at + 1), number(body.length), body)
    at = end
  }
  return { wasm: Buffer.concat(parts), script: script.replace(LONG, (name) => names.get(name)) }
}

module.exports = { shortNames }
