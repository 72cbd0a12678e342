import { script } from "../script.ts";

/**
 * F1, F4: present stamps, created where absent or of another epoch; their lives are only ever raised.
 *
 *     KEYS     stamp; and so on for each item
 *     ARGV     epoch; then for each item: new stamp, life ms
 *     returns  for each item the stamp | {"!", message}
 */
export const stampsScript = script(
  "stamps",
  `
return each(#KEYS, function(i)
  return stampOf(KEYS[i], ARGV[1], ARGV[2 * i], tonumber(ARGV[2 * i + 1]))
end)`,
);
