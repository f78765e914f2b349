import { Person, expect, test } from '../support/test'

test('two people sign up and talk both ways', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await bothWays(ada, bob)
})

test('two people on two nodes talk both ways', async ({ browser, cluster }) => {
  const tag = Date.now().toString(36)
  const ada = await Person.signUp(browser, cluster[0], `ada${tag}`)
  const bob = await Person.signUp(browser, cluster[1], `bob${tag}`)
  await bothWays(ada, bob)
})

async function bothWays(ada: Person, bob: Person) {
  await ada.chatWith(bob)
  await ada.say('Hello Bob')
  await expect(ada.message('Hello Bob')).toBeVisible()
  // The room appears by itself at Bob's, with what is new in it, in the title too.
  await expect(bob.roomLink(ada.shown)).toContainText('Hello Bob')
  await expect(bob.roomLink(ada.shown)).toContainText('1 unread message')
  await expect(bob.page).toHaveTitle(/\(1\)/)
  await bob.open(ada.shown)
  await expect(bob.message('Hello Bob')).toBeVisible()
  await expect(bob.page).not.toHaveTitle(/\(1\)/)
  await bob.say('Hello Ada')
  await expect(ada.message('Hello Ada')).toBeVisible()
  for (const n of [1, 2, 3]) {
    await ada.say(`from Ada ${n}`)
    await expect(bob.message(`from Ada ${n}`)).toBeVisible()
    await bob.say(`from Bob ${n}`)
    await expect(ada.message(`from Bob ${n}`)).toBeVisible()
  }
  // The other one has all of it before their eyes.
  await expect(ada.log.getByText('Read', { exact: true })).toHaveCount(4)
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
}

test('Enter sends, Shift+Enter breaks, and the text is kept as it is', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  await ada.composer.pressSequentially('first line')
  await ada.composer.press('Shift+Enter')
  await ada.composer.pressSequentially('<b>second</b> & last')
  await ada.composer.press('Enter')
  await expect(ada.composer).toHaveValue('')
  await expect(ada.composer).toBeFocused()
  const sent = ada.log.getByText('<b>second</b> & last')
  expect(await sent.innerText()).toBe('first line\n<b>second</b> & last')
  // Nothing but space is no message.
  const before = await ada.log.getByRole('listitem').count()
  await ada.say('  ')
  await ada.say('last')
  await expect(ada.message('last')).toBeVisible()
  await expect(ada.log.getByRole('listitem')).toHaveCount(before + 1)
})

test('a reload keeps everything', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.open('General')
  for (const n of [1, 2, 3]) await ada.say(`kept ${n}`)
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  await ada.composer.fill('a draft that is not sent')
  await ada.page.reload()
  for (const n of [1, 2, 3]) await expect(ada.message(`kept ${n}`)).toHaveCount(1)
  await expect(ada.roomLink('General')).toContainText('kept 3')
  await ada.say('kept 4')
  await expect(ada.message('kept 4')).toHaveCount(1)
})

test('messages wait while the server is away, and leave by themselves in order', async ({ node, signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  for (const person of [ada, bob]) await person.open('General')
  await ada.say('before')
  await expect(bob.message('before')).toBeVisible()
  await node.kill()
  await expect(ada.page.getByText('No connection.')).toBeVisible()
  const texts = [1, 2, 3].map((n) => `meanwhile ${n}`)
  for (const text of texts) await ada.say(text)
  await expect(ada.log.getByText('Waiting for the network').first()).toBeVisible()
  await node.start()
  await ada.page.getByRole('button', { name: 'Try now' }).click({ timeout: 3_000 }).catch(() => {
    // It had come back by itself.
  })
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  await expect(ada.page.getByText('No connection.')).toHaveCount(0)
  await expect(bob.message('meanwhile 3')).toBeVisible()
  const shown = await bob.log.getByText(/^meanwhile \d$/).allInnerTexts()
  expect(shown).toEqual(texts)
})

test('a person who is removed from a room sees it go', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await ada.acquaint(bob)
  const { room } = await ada.api<{ room: { id: string } }>('POST', '/api/rooms', { kind: 'group', name: 'Tea' })
  const { user } = await bob.api<{ user: { id: string } }>('GET', '/api/me')
  await ada.api('POST', `/api/rooms/${room.id}/members`, { user_id: user.id })
  await bob.open('Tea')
  await bob.say('I am in')
  await expect(ada.roomLink('Tea')).toContainText('I am in')
  await ada.api('DELETE', `/api/rooms/${room.id}/members/${user.id}`)
  await expect(bob.roomLink('Tea')).toHaveCount(0)
  await expect(bob.page.getByText('This room is not here')).toBeVisible()
})

test('without a source of random numbers messages still have ids of their own', async ({ signUp }) => {
  const ada = await signUp('ada')
  await ada.page.addInitScript(() => {
    Crypto.prototype.getRandomValues = () => {
      throw new Error('no entropy')
    }
  })
  await ada.open('General')
  await ada.page.reload()
  for (const text of ['one', 'two', 'three']) await ada.say(text)
  for (const text of ['one', 'two', 'three']) await expect(ada.message(text)).toBeVisible()
  await expect(ada.log.getByText('Sending')).toHaveCount(0)
  expect(await ada.texts(/^(one|two|three)$/)).toEqual(['one', 'two', 'three'])
  await expect(ada.page.getByText('Not sent')).toHaveCount(0)
})
