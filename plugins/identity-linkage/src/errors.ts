import { defineError } from '@tenon/kernel'

export const LinkageMemory = defineError({
  code: 'TENON_LINKAGE_MEMORY',
  status: 507,
  title: 'There are more people than the memory of a linkage run holds.',
  help: 'All people of a workspace are compared in memory. Give the run more memory, or read fewer fields.',
  message: (details: { readonly people: number; readonly neededBytes: number; readonly allowedBytes: number }) =>
    `${details.people} people need about ${details.neededBytes} bytes of the ${details.allowedBytes} allowed`,
})

export const LinkageModelForeign = defineError({
  code: 'TENON_LINKAGE_MODEL_FOREIGN',
  title: 'A linkage model was not made for these fields.',
  help: 'The bytes were not written by this plugin, or fields, kinds or levels have changed since. Train again.',
  message: (details: { readonly problem: string }) => `the model can not be read: ${details.problem}`,
})
