#pragma once

#include "jobmanager/rest/rest_internal.h"

#include <microhttpd.h>

/* Callbacks of microhttpd, on the server's thread; context is the server. */
enum MHD_Result rest_on_request(void *context, struct MHD_Connection *connection, const char *url,
                                const char *method, const char *version, const char *upload_data,
                                size_t *upload_data_size, void **request_context);
void rest_on_completed(void *context, struct MHD_Connection *connection, void **request_context,
                       enum MHD_RequestTerminationCode reason);
