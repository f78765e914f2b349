import { randomUUID } from 'node:crypto'
import { type Person, expect, test } from '../support/test'

/** How far a message in view has moved, in pixels, other than by scrolling. */
type Reading = { worst: number; frames: number; stop: boolean; scrolled: number }

/** Stores messages in General without a page. */
async function fill(person: Person, count: number) {
  const { rooms } = await person.api<{ rooms: { id: string }[] }>('GET', '/api/rooms')
  for (let n = 1; n <= count; n += 1) {
    const body = n % 7 === 0 ? `number ${n}\n${'with more lines\n'.repeat(n % 5)}` : `number ${n}`
    await person.api('POST', `/api/messages/room/${rooms[0].id}`, { client_id: randomUUID(), body })
  }
}

test('200 messages scroll back to the first without a jump', async ({ signUp }) => {
  test.slow()
  const ada = await signUp('ada')
  await fill(ada, 200)
  await ada.page.reload()
  await ada.open('General')
  await expect(ada.message('number 200')).toBeInViewport()

  // Follows, frame by frame, a message in view: it may only move as far as the hand scrolled.
  await ada.log.evaluate((log) => {
    const reading = { worst: 0, frames: 0, stop: false, scrolled: 0 }
    Object.assign(window, { reading })
    let followed: Element | undefined
    let top = 0
    const look = () => {
      if (followed?.isConnected) {
        const moved = followed.getBoundingClientRect().top - top
        reading.worst = Math.max(reading.worst, Math.abs(moved - reading.scrolled))
        reading.frames += 1
      }
      reading.scrolled = 0
      const view = log.getBoundingClientRect()
      const rows = [...log.querySelectorAll('ol.rows > li')]
      followed = rows.find((row) => row.getBoundingClientRect().top >= view.top + view.height / 3)
      top = followed?.getBoundingClientRect().top ?? 0
      if (!reading.stop) requestAnimationFrame(look)
    }
    requestAnimationFrame(look)
  })
  // A hand at the wheel: a little at a time until the start of the room is there.
  await expect(async () => {
    await ada.log.evaluate((log) => {
      const before = log.scrollTop
      log.scrollTop = before - 120
      const { reading } = window as unknown as { reading: Reading }
      reading.scrolled += before - log.scrollTop
    })
    await ada.page.evaluate(() => new Promise(requestAnimationFrame))
    await expect(ada.log.getByText('General starts here')).toBeInViewport({ timeout: 1 })
  }).toPass({ intervals: [1], timeout: 150_000 })
  const reading = await ada.page.evaluate(() => {
    const { reading } = window as unknown as { reading: Reading }
    reading.stop = true
    return reading
  })
  expect(reading.frames).toBeGreaterThan(50)
  expect(reading.worst).toBeLessThan(2)
  await expect(ada.message('number 1')).toBeInViewport()

  // All of them, once, in order.
  const numbers = await ada.log.getByText(/^number \d+/).evaluateAll((rows) =>
    rows.map((row) => Number(/^number (\d+)/.exec(row.textContent ?? '')?.[1])),
  )
  expect(numbers).toEqual(Array.from({ length: 200 }, (_, index) => index + 1))
})

test('a reader further up stays there, and is told of what is new', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await fill(ada, 60)
  await ada.page.reload()
  await ada.open('General')
  await expect(ada.message('number 60')).toBeInViewport()
  await ada.log.evaluate((log) => (log.scrollTop -= 600))
  await expect(ada.message('number 60')).not.toBeInViewport()
  const place = () => ada.message('number 50').evaluate((row) => row.getBoundingClientRect().top)
  const before = await place()
  await bob.open('General')
  await bob.say('news')
  await expect(ada.page.getByRole('button', { name: '1 new message' })).toBeVisible()
  expect(Math.abs((await place()) - before)).toBeLessThan(2)
  await ada.page.getByRole('button', { name: '1 new message' }).click()
  await expect(ada.message('news')).toBeInViewport()
  // A reader at the end stays at the end.
  await bob.say('more news')
  await expect(ada.message('more news')).toBeInViewport()
})
