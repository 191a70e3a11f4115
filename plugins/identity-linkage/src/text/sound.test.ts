import { expect, it } from 'vitest'
import { soundOf } from './sound.ts'

it.each([
  ['robert', 'r163'],
  ['rupert', 'r163'],
  ['rubin', 'r150'],
  ['ashcraft', 'a261'],
  ['ashcroft', 'a261'],
  ['tymczak', 't522'],
  ['pfister', 'p236'],
  ['honeyman', 'h555'],
  ['lee', 'l000'],
  ['washington', 'w252'],
])('the National Archives write %s as %s', (name, code) => {
  expect(soundOf(name)).toBe(code)
})

it('leaves a name in other letters as it is', () => {
  expect(soundOf('张伟')).toBe('张伟')
})
