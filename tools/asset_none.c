/* An empty asset table, for build tools that read the source tree itself. */
#include "core/asset.h"

const struct asset asset_table[] = { { 0 } };
const size_t asset_table_len = 0;
