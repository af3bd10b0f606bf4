#ifndef CORE_CURRENCY_H
#define CORE_CURRENCY_H

/*
 * Currencies of ISO 4217 in use, and the decimals of their minor unit. (ICU's tables follow what is
 * usual in shops: no decimals for the dinar of Iraq, where the standard has three.)
 */

/* Decimals of the minor unit, 0 to 4; -1: no such code. Codes are capitals. */
int currency_decimals(const char *code);

#endif
