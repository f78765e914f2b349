// The core of a chat in every browser engine. Details are tested in one of them, see the folder `tests`.
import { Proxy } from '../support/proxy'
import { DIALOG, button, field, text } from './person'
import { expect, test } from './test'

test('two people sign up and talk both ways', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await ada.chatWith(bob)
  await ada.say('Hello Bob')
  await bob.sees(`${bob.roomLink('Ada')}[contains(normalize-space(), "Hello Bob")]`)
  await expect.poll(() => bob.session.title()).toContain('(1)')
  await bob.open('Ada')
  await bob.reads('Hello Bob')
  await expect.poll(() => bob.session.title()).not.toContain('(1)')
  for (const n of [1, 2, 3]) {
    await ada.say(`from Ada ${n}`)
    await bob.reads(`from Ada ${n}`)
    await bob.say(`from Bob ${n}`)
    await ada.reads(`from Bob ${n}`)
  }
  await ada.seesProgress('Read', 4)
  await ada.seesProgress('Sending', 0)
})

test('a message is edited and reacted to', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await ada.chatWith(bob)
  await ada.say('Tea at four')
  await bob.open('Ada')
  await bob.reads('Tea at four')
  await ada.openActions('Tea at four')
  await ada.session.retype(DIALOG + field('Text'), 'Tea at five')
  await ada.click(DIALOG + button('Save'))
  await bob.reads('Tea at five (edited)')
  await bob.openActions('Tea at five (edited)')
  await bob.click(DIALOG + button('React with \u{1f389}'))
  await ada.click(button('\u{1f389}, 1 person'))
  await bob.sees(`${button('\u{1f389}, 2 people, you too')}[@aria-pressed="true"]`)
  await bob.click(button('\u{1f389}, 2 people, you too'))
  await ada.sees(button('\u{1f389}, 1 person, you too'))
})

test('a reload keeps messages, and the page goes on', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  for (const person of [ada, bob]) await person.open('General')
  for (const n of [1, 2]) await ada.say(`kept ${n}`)
  await ada.seesProgress('Sending', 0)
  await ada.session.reload()
  expect(await ada.messages('kept')).toEqual(['kept 1', 'kept 2'])
  await ada.say('kept 3')
  await bob.reads('kept 3')
  await bob.say('seen')
  await ada.reads('seen')
  expect(await ada.messages('kept')).toEqual(['kept 1', 'kept 2', 'kept 3'])
})

test('without a network messages wait, survive a reload, and are sent once, in order', async ({ node, signUp }) => {
  const proxy = await Proxy.start(node.url)
  try {
    const ada = await signUp('ada', proxy.url)
    const bob = await signUp('bob')
    for (const person of [ada, bob]) await person.open('General')
    await ada.say('before')
    await bob.reads('before')
    await ada.isKept()
    proxy.cut()
    await ada.sees(text('No connection. Messages wait here until it is back.'))
    for (const n of [1, 2, 3]) await ada.say(`written ${n}`)
    await ada.seesProgress('Waiting for the network', 3)
    await ada.session.reload()
    await ada.reads('before')
    await ada.seesProgress('Waiting for the network', 3)
    await ada.say('written 4')
    await ada.seesProgress('Waiting for the network', 4)
    await bob.say('meanwhile')
    proxy.comeBack()
    await ada.reads('meanwhile')
    await ada.seesProgress('Waiting for the network', 0)
    await ada.say('written 5')
    await bob.reads('written 5')
    const written = [1, 2, 3, 4, 5].map((n) => `written ${n}`)
    for (const person of [ada, bob]) expect(await person.messages('written')).toEqual(written)
  } finally {
    await proxy.stop()
  }
})

test('the composer grows with its text, and shrinks when that is sent', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  const height = () => ada.session.run<number>(`return document.getElementById('composer').offsetHeight`)
  const before = await height()
  const long = 'a line that breaks '.repeat(20).trim()
  await ada.type(long)
  await expect.poll(height).toBeGreaterThan(2 * before)
  await ada.pressEnter()
  await ada.reads(long)
  await expect.poll(height).toBe(before)
})

test('errors of a page fail its story', async ({ signUp }) => {
  const { session } = await signUp('ada')
  expect(await session.takeErrors()).toEqual([])
  await session.run(`console.error('written'); setTimeout(() => { throw new Error('thrown') })`)
  const errors: string[] = []
  await expect.poll(async () => errors.push(...(await session.takeErrors()))).toBe(2)
  expect(errors.map((text) => text.replace(/^.*Error: /, ''))).toEqual(['written', 'thrown'])
})
