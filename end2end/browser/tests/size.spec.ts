// What a person downloads before a room is live, all of it: HTML with its embedded JSON, style and code, as they come over the wire.
import { randomUUID } from 'node:crypto'
import { brotliCompressSync } from 'node:zlib'
import { expect, test } from '../support/test'

/** Bytes, brotli. The server compresses a page while it sends it, which takes a few percent more. */
const PAGE_LIMIT = 40_000
const SUM_LIMIT = 320_000
const ROOMS = 200
const MESSAGES = 50

/** Texts that repeat from run to run (a linear congruential generator): words of syllables, a thousand different ones. */
function writer(seed: number): (words: number) => string {
  let state = seed
  const next = (below: number): number => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return Math.floor((state / 2_147_483_648) * below)
  }
  const syllable = (): string => 'bdfglmnprstvw'[next(13)] + 'aeiou'[next(5)]
  const words = Array.from({ length: 1_000 }, () => Array.from({ length: 1 + next(3) }, syllable).join(''))
  return (count) => Array.from({ length: count + next(count) }, () => words[next(words.length)]).join(' ')
}

test('the first load of a person with 200 rooms is bounded in all its parts', async ({ signUp }) => {
  test.slow()
  const ada = await signUp('ada')
  const text = writer(1)
  const say = (room: string, body: string): Promise<unknown> =>
    ada.api('POST', `/api/messages/room/${room}`, { client_id: randomUUID(), body })
  let last = ''
  for (let number = 0; number < ROOMS - 1; number++) {
    const { room } = await ada.api<{ room: { id: string } }>('POST', '/api/rooms', { kind: 'public', name: `${text(2)} ${number}` })
    await say(room.id, text(8))
    last = room.id
  }
  for (let number = 1; number < MESSAGES; number++) await say(last, text(12))
  await ada.page.goto('about:blank')
  const html = await (await ada.page.request.get(`/rooms/${last}`)).text()
  expect(html.match(/href="\/rooms\//g)?.length).toBeGreaterThanOrEqual(ROOMS)
  const files = new Set(html.match(/\/pkg\/[\w.-]+\.(?:js|wasm|css)\b/g))
  const script = [...files].find((file) => file.endsWith('.js')) ?? ''
  const [, loader] = (await (await ada.page.request.get(script)).text()).match(/"\.\/(__wasm_split[\w.-]+\.js)"/) ?? []
  files.add(`/pkg/${loader}`)
  const sizes = new Map([['page', brotliCompressSync(html).length]])
  for (const file of files) {
    const answer = await ada.page.request.get(file, { headers: { 'accept-encoding': 'br' } })
    expect(answer.headers()['content-encoding'], file).toBe('br')
    sizes.set(file, Number(answer.headers()['content-length']))
  }
  expect([...files].map((file) => file.split('.').at(-1)).sort()).toEqual(['css', 'js', 'js', 'wasm'])
  const sum = [...sizes.values()].reduce((one, other) => one + other, 0)
  console.log(`page ${sizes.get('page')}, in all ${sum} bytes`)
  expect(sizes.get('page')).toBeLessThanOrEqual(PAGE_LIMIT)
  expect(sum).toBeLessThanOrEqual(SUM_LIMIT)
})
