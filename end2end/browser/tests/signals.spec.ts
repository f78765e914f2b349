import { Person, expect, test } from '../support/test'

test('who is typing is shown to those who look, until they have sent it', async ({ signUp }) => {
  const ada = await signUp('ada')
  const bob = await signUp('bob')
  await ada.chatWith(bob)
  await ada.say('Hello Bob')
  await bob.open(ada.shown)
  await expect(bob.message('Hello Bob')).toBeVisible()
  const typing = bob.page.getByText(`${ada.shown} is typing…`)
  await ada.composer.pressSequentially('I am')
  await expect(typing).toBeVisible()
  await ada.composer.press('Enter')
  await expect(bob.message('I am')).toBeVisible()
  await expect(typing).toHaveCount(0)
  // Who empties the field has stopped, too.
  await ada.composer.pressSequentially('never mind')
  await expect(typing).toBeVisible()
  await ada.composer.fill('')
  await expect(typing).toHaveCount(0)
})

test('who is there is shown in words and by a dot, across nodes', async ({ browser, cluster }) => {
  const tag = Date.now().toString(36)
  const ada = await Person.signUp(browser, cluster[0], `ada${tag}`)
  const bob = await Person.signUp(browser, cluster[1], `bob${tag}`)
  await ada.chatWith(bob)
  await ada.say('Hello Bob')
  await expect(ada.page.getByText(`@${bob.name} · online`)).toBeVisible()
  await expect(ada.roomLink(`${bob.shown} online`)).toBeVisible()
  await expect(bob.roomLink(`${ada.shown} online`)).toBeVisible()
})
