import type { Json } from '../core/json.ts'

/** One line an event. The implementation removes secrets and personal data; callers need not. */
export interface Log {
  debug(event: string, details?: { readonly [name: string]: Json | undefined }): void
  info(event: string, details?: { readonly [name: string]: Json | undefined }): void
  warn(event: string, details?: { readonly [name: string]: Json | undefined }): void
  error(event: string, details?: { readonly [name: string]: Json | undefined }): void
}
