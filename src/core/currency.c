#include "core/currency.h"

#include <stddef.h>
#include <string.h>

/* Codes in byte order, each ended by a space; those with two decimals, then the others. */
static const char two[] =
    "AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BOV BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP "
    "GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT LAK LBP "
    "LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR "
    "NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU UZS VED VES WST XCD XCG YER ZAR "
    "ZMW ZWG ";
static const char none[] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF ";
static const char three[] = "BHD IQD JOD KWD LYD OMR TND ";
static const char four[] = "CLF UYW ";

static const struct {
    const char *codes;
    int decimals;
} groups[] = { { two, 2 }, { none, 0 }, { three, 3 }, { four, 4 } };

int currency_decimals(const char *code)
{
    if (strlen(code) != 3 || strchr(code, ' '))
        return -1;
    for (size_t i = 0; i < sizeof(groups) / sizeof(groups[0]); i++)
        for (const char *p = groups[i].codes; *p; p += 4)
            if (strncmp(p, code, 3) == 0)
                return groups[i].decimals;
    return -1;
}
