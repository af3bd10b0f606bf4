#ifndef SHARING_JUDGE_H
#define SHARING_JUDGE_H

/*
 * The judge of records that are given to somebody outside (records/giving.h): asks consent for each
 * person once in a giving, by what would leave of them in the whole of it, writes that down, and
 * takes out of each record what is not covered. What is about nobody is given as it is.
 */

#include "records/giving.h"

/* Given to records_use_judge. */
extern const struct giving_judge sharing_judge;

#endif
