/** An address as a page may link to it; null for what leads elsewhere than to the web, such as a script. */
export function webAddress(text: string | null): string | null {
  const protocol = URL.parse(text ?? '')?.protocol
  return protocol === 'https:' || protocol === 'http:' ? text : null
}
