const EMAIL = /[^\s"'`<>()[\]{},;:=/\\]+@[^\s"'`<>()[\]{},;:=/\\]+\.[^\s"'`<>()[\]{},;:=/\\]+/g
/** As people write telephone numbers: seven digits or more, with a plus, blanks, hyphens or brackets. No instants, no ids. */
const PHONE = /(?<![\w.:+-])(?:\+\d[\d ()-]{6,}\d|0\d[\d ()/-]{6,}\d)(?![\w.:-])/g

/** A net under everything that is logged, whoever wrote it: e-mail addresses and telephone numbers never pass. */
export const withoutAddresses = (text: string): string => text.replaceAll(EMAIL, '[address]').replaceAll(PHONE, '[number]')
