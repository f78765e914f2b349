import { type Person, expect, test } from '../support/test'

/** Gives this person another name, as another device of theirs does. */
async function rename(person: Person, display_name: string): Promise<void> {
  await person.api('PATCH', '/api/me', { display_name })
}

test('a new name is everywhere on open pages without a reload', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await bob.open('General')
  await bob.say('before the change')
  await bob.chatWith(ada)
  await bob.say('between us')
  await ada.open('General')
  await expect(ada.message('before the change')).toBeVisible()
  await expect(ada.log.getByText('Bob', { exact: true }).first()).toBeVisible()
  await rename(bob, 'Robert')
  await expect(ada.log.getByText('Robert', { exact: true }).first()).toBeVisible()
  await expect(ada.log.getByText('Bob', { exact: true })).toHaveCount(0)
  await expect(ada.log.getByText('Robert joined')).toBeVisible()
  // The direct room, and the preview of what Bob said last in another.
  await expect(ada.roomLink('Robert')).toHaveCount(2)
  await expect(ada.roomLink('Bob')).toHaveCount(0)
  await ada.page.getByRole('link', { name: 'Room details' }).click()
  const members = ada.page.getByRole('list', { name: 'Members' })
  await expect(members.getByText('Robert')).toBeVisible()
  await rename(bob, 'Bobby')
  await expect(members.getByText('Bobby')).toBeVisible()
  await expect(members.getByText('Robert')).toHaveCount(0)
  await expect(bob.page.getByText('Bobby', { exact: true }).first()).toBeVisible()
})

test('a name that changed while a page was closed is shown when it opens', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await bob.open('General')
  await bob.say('before the change')
  await ada.open('General')
  await expect(ada.message('before the change')).toBeVisible()
  const url = ada.page.url()
  await ada.page.goto('about:blank')
  await rename(bob, 'Robert')
  await ada.page.goto(url)
  await expect(ada.log.getByText('Robert', { exact: true }).first()).toBeVisible()
  await expect(ada.log.getByText('Bob', { exact: true })).toHaveCount(0)
})

test('two people whose names look alike are shown with their user names, everywhere', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  const eve = await signUp('eve')
  await bob.open('General')
  await bob.say('the real one')
  await ada.open('General')
  await expect(ada.log.getByText('Bob', { exact: true }).first()).toBeVisible()
  // With a Cyrillic letter.
  await rename(eve, 'Bо\u0062')
  await expect(ada.log.getByText('Bob @bob', { exact: true }).first()).toBeVisible()
  await eve.open('General')
  await eve.say('pay me')
  await expect(ada.log.getByText('Bоb @eve', { exact: true })).toBeVisible()
  await expect(ada.roomLink('General')).toContainText('Bоb @eve')
  await ada.page.reload()
  await expect(ada.log.getByText('Bоb @eve', { exact: true })).toBeVisible()
  await rename(eve, 'Eve')
  await expect(ada.log.getByText('Bob', { exact: true }).first()).toBeVisible()
})
