#ifndef COMMON_CONFLINE_H
#define COMMON_CONFLINE_H
/*
 * The words of a line of ringlet.conf(5) or ringlet-policy.conf(5).
 */

/*
 * Takes the next word off *s, in place: what stands between blanks, or
 * anything between double quotes.  1 and *word; 0: there is none but perhaps a
 * comment; -1: a quote is not closed, or something follows it at once.
 */
int confline_word(char **s, char **word);

#endif /* COMMON_CONFLINE_H */
