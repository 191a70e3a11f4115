/**
 * What every provider of a kind owes the station that calls it, as named cases: run them with any test runner
 * (`conforms` of @tenon/testing), or by hand. A case throws where the subject falls short. Each case gets a subject
 * of its own and reads no clock, no network and no file.
 */
export type Suite<Subject> = Readonly<Record<string, (subject: Subject) => Promise<void>>>
