import type { Project } from './project.ts'

/** The project in use. It is replaced as a whole, never in part. */
export interface Projects {
  current(): Project
}

export const openProjects = (project: Project): Projects => ({ current: () => project })
