import type { SandboxTask } from './task.ts'
import { openThread } from './thread.ts'

/*
 * The process that expressions run in, each batch in its thread. It knows nothing but its tasks. What uses up the memory ends
 * it, and it alone. It ends with the process that started it, also when that dies and an expression hangs.
 */

const evaluate = openThread(Number(process.argv[2]))
process.on('message', (tasks: readonly SandboxTask[]) => {
  void evaluate(tasks).then((answers) => process.send?.(answers))
})
process.on('disconnect', () => process.exit())
// Ctrl-C reaches all processes of a terminal; ours has batches to finish.
process.on('SIGINT', () => undefined)
process.on('SIGTERM', () => undefined)
