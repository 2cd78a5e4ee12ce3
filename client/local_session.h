#pragma once

#include "client/sql_session.h"
#include "jobmanager/gateway/gateway.h"

/* A session at a gateway of this process, borrowed. */
STATUS_MUST_CHECK enum status local_session_open(struct gateway *gateway, struct sql_session **ret_session,
                                                 struct error *error);
