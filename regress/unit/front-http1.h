#ifndef REGRESS_FRONT_HTTP1_H
#define REGRESS_FRONT_HTTP1_H
/*
 * Words of HTTP/1.1 that tests of connections have in common.
 */

#define HOST "Host: localhost\r\n"
#define GOOD "Authorization: Bearer good\r\n"
#define JSON "Content-Type: application/json\r\n"
#define PING "GET /api/ping HTTP/1.1\r\n" HOST GOOD "\r\n"

#endif /* REGRESS_FRONT_HTTP1_H */
