/** What is wrong with a definition, where: `definition.rule.and[1].event`. */
export interface DefinitionProblem {
  readonly path: string
  readonly message: string
}
