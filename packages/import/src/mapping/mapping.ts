import { z } from 'zod'

const conversion = z.enum(['string', 'number', 'integer', 'boolean', 'date', 'json', 'list'])

/** How a cell becomes a value. Of `column`, `template` and `value` exactly one says where it comes from. */
const valueObject = z
  .strictObject({
    column: z.string().min(1).optional(),
    /** Text with `{column}` in it; `{{` and `}}` are braces. Where a column is empty, the whole is. */
    template: z.string().min(1).max(2_000).optional(),
    value: z.json().optional(),
    as: conversion.optional(),
    trim: z.boolean().optional(),
    case: z.enum(['lower', 'upper']).optional(),
    /** Other names of values, before `as`: `{ "M": "male" }`. What is not among them stays as it is. */
    map: z.record(z.string(), z.json()).optional(),
    /** Cells that mean nothing, such as `["NULL", "n/a"]`; the empty cell always does. */
    empty: z.array(z.string()).max(50).optional(),
    /** In the place of an empty cell. */
    default: z.json().optional(),
    /** An empty cell makes the row fail. */
    required: z.boolean().optional(),
    /** Of a number: what stands before the fraction. */
    decimal: z.enum(['.', ',']).optional(),
    /** Of a list: what stands between its entries; a comma where absent. */
    separator: z.string().min(1).max(10).optional(),
    /** Of a date: `iso` (where absent), `seconds`, `milliseconds`, or tokens such as `dd.MM.yyyy HH:mm`. */
    format: z.string().min(1).max(100).optional(),
    /** Of a date that does not name one: `Europe/Berlin`, `+08:00`; UTC where absent. */
    zone: z.string().min(1).max(100).optional(),
  })
  .refine(({ column, template, value }) => [column, template, value].filter((one) => one !== undefined).length === 1, {
    message: 'exactly one of column, template and value says where the value comes from',
  })

/** A name of a column, or more about it. */
const value = z.union([z.string().min(1), valueObject])
const values = z.record(z.string().min(1).max(512), value)

/** What a row becomes. Every part is data: nothing of it is run. */
export const mappingSchema = z.strictObject({
  /** `track` where absent. Rows of several kinds take it from a column. */
  type: z.union([z.enum(['track', 'identify', 'page', 'screen', 'group', 'alias']), valueObject]).default('track'),
  /** The name of the event; of identify, group and alias it is the type where absent. A text is the name itself, not a column. */
  name: z.union([z.string().min(1).max(512), valueObject]).optional(),
  identifiers: values.default({}),
  traits: values.default({}),
  properties: values.default({}),
  context: values.default({}),
  group: z.strictObject({ id: value, traits: values.default({}) }).optional(),
  /** When it happened; the start of the import where absent. */
  timestamp: value.optional(),
  /** What tells rows apart; all that the row holds where absent. */
  messageId: z.union([z.strictObject({ columns: z.array(z.string().min(1)).min(1).max(50) }), valueObject]).optional(),
  /** Where columns go that nothing else names. */
  rest: z.enum(['properties', 'traits']).optional(),
})

export type Mapping = z.output<typeof mappingSchema>
export type ValueSpec = z.output<typeof value>
export type ValueObject = z.output<typeof valueObject>
