/** The value of a tag or measure for a profile at an instant. */
export type TagValue = boolean | number | string | readonly string[] | Date

export type ValueType = 'boolean' | 'number' | 'string' | 'list' | 'date'
