export interface Workspace {
  readonly id: string
  readonly name: string
  readonly createdAt: Date
}

export interface Workspaces {
  /** Makes the workspace where it is missing; an existing one keeps its name. */
  ensure(workspace: { readonly id: string; readonly name: string }): Promise<Workspace>
  list(): Promise<readonly Workspace[]>
  get(id: string): Promise<Workspace | undefined>
}
