// Generated from the schema beside it by `npm run generate`.
// @ts-nocheck
export type SettingsFile = {
"$schema"?: string;
/** Port for clear text; 0 takes any free one. */
"httpPort"?: number;
/** Port for TLS; 0 takes any free one. */
"httpsPort"?: number;
/** One port for both instead of two: the first byte tells which it is. */
"port"?: number;
/** false: clear text only. A certificate and its key in PEM: those instead of our own root. */
"tls"?: boolean | {
"cert": string;
"key": string;
};
/** Holds the root certificate and its key. */
"certificateDirectory"?: string;
/** Addresses to listen on. Loopback only unless you say otherwise here. */
"bind"?: (string)[];
/** Folders whose direct subfolders are looked at for copies. `~` is the home folder. */
"roots"?: (string | {
"directory": string;
/** Copies under it may run the resolver command of their sidings.json. */
"trusted"?: boolean;
})[];
/** What hostnames end in; the first one is printed. */
"suffixes"?: (string)[];
/** false: containers are not looked at. True if absent. */
"docker"?: boolean;
/** Where servers of this machine are reached; localhost if absent. For sidings in a container. */
"upstreamHost"?: string;
/** Claimed slots and captured logs. */
"stateDirectory"?: string;
"proxy"?: {
/** Seconds that a service may take to begin its answer; 300 if absent. */
"responseTimeout"?: number;
/** full: without the fast lane, for diagnosis. fast if absent. */
"lanes"?: "fast" | "full";
};
/** How many requests are remembered, with 8 KiB each on average at most; 0: none. 2000 if absent. */
"history"?: number;
"log"?: {
"level"?: "trace" | "debug" | "info" | "warn" | "error" | "fatal" | "silent";
/** One line for each request. */
"access"?: boolean;
};
};
"use strict";
export const validate: (data: unknown) => boolean = validate10;

const schema11 = {"type":"object","properties":{"$schema":{"type":"string"},"httpPort":{"type":"integer","minimum":0,"maximum":65535,"description":"Port for clear text; 0 takes any free one."},"httpsPort":{"type":"integer","minimum":0,"maximum":65535,"description":"Port for TLS; 0 takes any free one."},"port":{"type":"integer","minimum":0,"maximum":65535,"description":"One port for both instead of two: the first byte tells which it is."},"tls":{"anyOf":[{"type":"boolean"},{"type":"object","required":["cert","key"],"properties":{"cert":{"type":"string","pattern":"^[^\\u0000]+$"},"key":{"type":"string","pattern":"^[^\\u0000]+$"}},"additionalProperties":false}],"description":"false: clear text only. A certificate and its key in PEM: those instead of our own root."},"certificateDirectory":{"type":"string","pattern":"^[^\\u0000]+$","description":"Holds the root certificate and its key."},"bind":{"type":"array","items":{"type":"string","pattern":"^[0-9A-Fa-f:.]+$"},"minItems":1,"description":"Addresses to listen on. Loopback only unless you say otherwise here."},"roots":{"type":"array","items":{"anyOf":[{"type":"string","pattern":"^[^\\u0000]+$"},{"type":"object","required":["directory"],"properties":{"directory":{"type":"string","pattern":"^[^\\u0000]+$"},"trusted":{"type":"boolean","description":"Copies under it may run the resolver command of their sidings.json."}},"additionalProperties":false}]},"description":"Folders whose direct subfolders are looked at for copies. `~` is the home folder."},"suffixes":{"type":"array","items":{"type":"string","pattern":"^[a-z0-9-]+(\\.[a-z0-9-]+)*$"},"minItems":1,"description":"What hostnames end in; the first one is printed."},"docker":{"type":"boolean","description":"false: containers are not looked at. True if absent."},"upstreamHost":{"type":"string","pattern":"^[0-9A-Za-z.:-]+$","description":"Where servers of this machine are reached; localhost if absent. For sidings in a container."},"stateDirectory":{"type":"string","pattern":"^[^\\u0000]+$","description":"Claimed slots and captured logs."},"proxy":{"type":"object","properties":{"responseTimeout":{"type":"number","exclusiveMinimum":0,"maximum":86400,"description":"Seconds that a service may take to begin its answer; 300 if absent."},"lanes":{"enum":["fast","full"],"description":"full: without the fast lane, for diagnosis. fast if absent."}},"additionalProperties":false},"history":{"type":"integer","minimum":0,"maximum":100000,"description":"How many requests are remembered, with 8 KiB each on average at most; 0: none. 2000 if absent."},"log":{"type":"object","properties":{"level":{"enum":["trace","debug","info","warn","error","fatal","silent"]},"access":{"type":"boolean","description":"One line for each request."}},"additionalProperties":false}},"title":"Sidings machine configuration","additionalProperties":false};
const func2 = Object.prototype.hasOwnProperty;
const pattern0 = new RegExp("^[^\\u0000]+$", "u");
const pattern3 = new RegExp("^[0-9A-Fa-f:.]+$", "u");
const pattern6 = new RegExp("^[a-z0-9-]+(\\.[a-z0-9-]+)*$", "u");
const pattern7 = new RegExp("^[0-9A-Za-z.:-]+$", "u");

function validate10(data, {instancePath="", parentData, parentDataProperty, rootData=data}={}){
let vErrors = null;
let errors = 0;
if(data && typeof data == "object" && !Array.isArray(data)){
for(const key0 in data){
if(!(func2.call(schema11.properties, key0))){
const err0 = {instancePath,schemaPath:"#/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key0},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err0];
}
else {
vErrors.push(err0);
}
errors++;
}
}
if(data.$schema !== undefined){
if(typeof data.$schema !== "string"){
const err1 = {instancePath:instancePath+"/$schema",schemaPath:"#/properties/%24schema/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err1];
}
else {
vErrors.push(err1);
}
errors++;
}
}
if(data.httpPort !== undefined){
let data1 = data.httpPort;
if(!(((typeof data1 == "number") && (!(data1 % 1) && !isNaN(data1))) && (isFinite(data1)))){
const err2 = {instancePath:instancePath+"/httpPort",schemaPath:"#/properties/httpPort/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err2];
}
else {
vErrors.push(err2);
}
errors++;
}
if((typeof data1 == "number") && (isFinite(data1))){
if(data1 > 65535 || isNaN(data1)){
const err3 = {instancePath:instancePath+"/httpPort",schemaPath:"#/properties/httpPort/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
if(vErrors === null){
vErrors = [err3];
}
else {
vErrors.push(err3);
}
errors++;
}
if(data1 < 0 || isNaN(data1)){
const err4 = {instancePath:instancePath+"/httpPort",schemaPath:"#/properties/httpPort/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err4];
}
else {
vErrors.push(err4);
}
errors++;
}
}
}
if(data.httpsPort !== undefined){
let data2 = data.httpsPort;
if(!(((typeof data2 == "number") && (!(data2 % 1) && !isNaN(data2))) && (isFinite(data2)))){
const err5 = {instancePath:instancePath+"/httpsPort",schemaPath:"#/properties/httpsPort/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err5];
}
else {
vErrors.push(err5);
}
errors++;
}
if((typeof data2 == "number") && (isFinite(data2))){
if(data2 > 65535 || isNaN(data2)){
const err6 = {instancePath:instancePath+"/httpsPort",schemaPath:"#/properties/httpsPort/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
if(vErrors === null){
vErrors = [err6];
}
else {
vErrors.push(err6);
}
errors++;
}
if(data2 < 0 || isNaN(data2)){
const err7 = {instancePath:instancePath+"/httpsPort",schemaPath:"#/properties/httpsPort/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err7];
}
else {
vErrors.push(err7);
}
errors++;
}
}
}
if(data.port !== undefined){
let data3 = data.port;
if(!(((typeof data3 == "number") && (!(data3 % 1) && !isNaN(data3))) && (isFinite(data3)))){
const err8 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err8];
}
else {
vErrors.push(err8);
}
errors++;
}
if((typeof data3 == "number") && (isFinite(data3))){
if(data3 > 65535 || isNaN(data3)){
const err9 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/maximum",keyword:"maximum",params:{comparison: "<=", limit: 65535},message:"must be <= 65535"};
if(vErrors === null){
vErrors = [err9];
}
else {
vErrors.push(err9);
}
errors++;
}
if(data3 < 0 || isNaN(data3)){
const err10 = {instancePath:instancePath+"/port",schemaPath:"#/properties/port/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err10];
}
else {
vErrors.push(err10);
}
errors++;
}
}
}
if(data.tls !== undefined){
let data4 = data.tls;
const _errs11 = errors;
let valid1 = false;
const _errs12 = errors;
if(typeof data4 !== "boolean"){
const err11 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf/0/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err11];
}
else {
vErrors.push(err11);
}
errors++;
}
var _valid0 = _errs12 === errors;
valid1 = valid1 || _valid0;
if(!valid1){
const _errs14 = errors;
if(data4 && typeof data4 == "object" && !Array.isArray(data4)){
if(data4.cert === undefined){
const err12 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf/1/required",keyword:"required",params:{missingProperty: "cert"},message:"must have required property '"+"cert"+"'"};
if(vErrors === null){
vErrors = [err12];
}
else {
vErrors.push(err12);
}
errors++;
}
if(data4.key === undefined){
const err13 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf/1/required",keyword:"required",params:{missingProperty: "key"},message:"must have required property '"+"key"+"'"};
if(vErrors === null){
vErrors = [err13];
}
else {
vErrors.push(err13);
}
errors++;
}
for(const key1 in data4){
if(!((key1 === "cert") || (key1 === "key"))){
const err14 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf/1/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key1},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err14];
}
else {
vErrors.push(err14);
}
errors++;
}
}
if(data4.cert !== undefined){
let data5 = data4.cert;
if(typeof data5 === "string"){
if(!pattern0.test(data5)){
const err15 = {instancePath:instancePath+"/tls/cert",schemaPath:"#/properties/tls/anyOf/1/properties/cert/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err15];
}
else {
vErrors.push(err15);
}
errors++;
}
}
else {
const err16 = {instancePath:instancePath+"/tls/cert",schemaPath:"#/properties/tls/anyOf/1/properties/cert/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err16];
}
else {
vErrors.push(err16);
}
errors++;
}
}
if(data4.key !== undefined){
let data6 = data4.key;
if(typeof data6 === "string"){
if(!pattern0.test(data6)){
const err17 = {instancePath:instancePath+"/tls/key",schemaPath:"#/properties/tls/anyOf/1/properties/key/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err17];
}
else {
vErrors.push(err17);
}
errors++;
}
}
else {
const err18 = {instancePath:instancePath+"/tls/key",schemaPath:"#/properties/tls/anyOf/1/properties/key/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err18];
}
else {
vErrors.push(err18);
}
errors++;
}
}
}
else {
const err19 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf/1/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err19];
}
else {
vErrors.push(err19);
}
errors++;
}
var _valid0 = _errs14 === errors;
valid1 = valid1 || _valid0;
}
if(!valid1){
const err20 = {instancePath:instancePath+"/tls",schemaPath:"#/properties/tls/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err20];
}
else {
vErrors.push(err20);
}
errors++;
}
else {
errors = _errs11;
if(vErrors !== null){
if(_errs11){
vErrors.length = _errs11;
}
else {
vErrors = null;
}
}
}
}
if(data.certificateDirectory !== undefined){
let data7 = data.certificateDirectory;
if(typeof data7 === "string"){
if(!pattern0.test(data7)){
const err21 = {instancePath:instancePath+"/certificateDirectory",schemaPath:"#/properties/certificateDirectory/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err21];
}
else {
vErrors.push(err21);
}
errors++;
}
}
else {
const err22 = {instancePath:instancePath+"/certificateDirectory",schemaPath:"#/properties/certificateDirectory/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err22];
}
else {
vErrors.push(err22);
}
errors++;
}
}
if(data.bind !== undefined){
let data8 = data.bind;
if(Array.isArray(data8)){
if(data8.length < 1){
const err23 = {instancePath:instancePath+"/bind",schemaPath:"#/properties/bind/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err23];
}
else {
vErrors.push(err23);
}
errors++;
}
const len0 = data8.length;
for(let i0=0; i0<len0; i0++){
let data9 = data8[i0];
if(typeof data9 === "string"){
if(!pattern3.test(data9)){
const err24 = {instancePath:instancePath+"/bind/" + i0,schemaPath:"#/properties/bind/items/pattern",keyword:"pattern",params:{pattern: "^[0-9A-Fa-f:.]+$"},message:"must match pattern \""+"^[0-9A-Fa-f:.]+$"+"\""};
if(vErrors === null){
vErrors = [err24];
}
else {
vErrors.push(err24);
}
errors++;
}
}
else {
const err25 = {instancePath:instancePath+"/bind/" + i0,schemaPath:"#/properties/bind/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err25];
}
else {
vErrors.push(err25);
}
errors++;
}
}
}
else {
const err26 = {instancePath:instancePath+"/bind",schemaPath:"#/properties/bind/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err26];
}
else {
vErrors.push(err26);
}
errors++;
}
}
if(data.roots !== undefined){
let data10 = data.roots;
if(Array.isArray(data10)){
const len1 = data10.length;
for(let i1=0; i1<len1; i1++){
let data11 = data10[i1];
const _errs30 = errors;
let valid7 = false;
const _errs31 = errors;
if(typeof data11 === "string"){
if(!pattern0.test(data11)){
const err27 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf/0/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err27];
}
else {
vErrors.push(err27);
}
errors++;
}
}
else {
const err28 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf/0/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err28];
}
else {
vErrors.push(err28);
}
errors++;
}
var _valid1 = _errs31 === errors;
valid7 = valid7 || _valid1;
if(!valid7){
const _errs33 = errors;
if(data11 && typeof data11 == "object" && !Array.isArray(data11)){
if(data11.directory === undefined){
const err29 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf/1/required",keyword:"required",params:{missingProperty: "directory"},message:"must have required property '"+"directory"+"'"};
if(vErrors === null){
vErrors = [err29];
}
else {
vErrors.push(err29);
}
errors++;
}
for(const key2 in data11){
if(!((key2 === "directory") || (key2 === "trusted"))){
const err30 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf/1/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key2},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err30];
}
else {
vErrors.push(err30);
}
errors++;
}
}
if(data11.directory !== undefined){
let data12 = data11.directory;
if(typeof data12 === "string"){
if(!pattern0.test(data12)){
const err31 = {instancePath:instancePath+"/roots/" + i1+"/directory",schemaPath:"#/properties/roots/items/anyOf/1/properties/directory/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err31];
}
else {
vErrors.push(err31);
}
errors++;
}
}
else {
const err32 = {instancePath:instancePath+"/roots/" + i1+"/directory",schemaPath:"#/properties/roots/items/anyOf/1/properties/directory/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err32];
}
else {
vErrors.push(err32);
}
errors++;
}
}
if(data11.trusted !== undefined){
if(typeof data11.trusted !== "boolean"){
const err33 = {instancePath:instancePath+"/roots/" + i1+"/trusted",schemaPath:"#/properties/roots/items/anyOf/1/properties/trusted/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err33];
}
else {
vErrors.push(err33);
}
errors++;
}
}
}
else {
const err34 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf/1/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err34];
}
else {
vErrors.push(err34);
}
errors++;
}
var _valid1 = _errs33 === errors;
valid7 = valid7 || _valid1;
}
if(!valid7){
const err35 = {instancePath:instancePath+"/roots/" + i1,schemaPath:"#/properties/roots/items/anyOf",keyword:"anyOf",params:{},message:"must match a schema in anyOf"};
if(vErrors === null){
vErrors = [err35];
}
else {
vErrors.push(err35);
}
errors++;
}
else {
errors = _errs30;
if(vErrors !== null){
if(_errs30){
vErrors.length = _errs30;
}
else {
vErrors = null;
}
}
}
}
}
else {
const err36 = {instancePath:instancePath+"/roots",schemaPath:"#/properties/roots/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err36];
}
else {
vErrors.push(err36);
}
errors++;
}
}
if(data.suffixes !== undefined){
let data14 = data.suffixes;
if(Array.isArray(data14)){
if(data14.length < 1){
const err37 = {instancePath:instancePath+"/suffixes",schemaPath:"#/properties/suffixes/minItems",keyword:"minItems",params:{limit: 1},message:"must NOT have fewer than 1 items"};
if(vErrors === null){
vErrors = [err37];
}
else {
vErrors.push(err37);
}
errors++;
}
const len2 = data14.length;
for(let i2=0; i2<len2; i2++){
let data15 = data14[i2];
if(typeof data15 === "string"){
if(!pattern6.test(data15)){
const err38 = {instancePath:instancePath+"/suffixes/" + i2,schemaPath:"#/properties/suffixes/items/pattern",keyword:"pattern",params:{pattern: "^[a-z0-9-]+(\\.[a-z0-9-]+)*$"},message:"must match pattern \""+"^[a-z0-9-]+(\\.[a-z0-9-]+)*$"+"\""};
if(vErrors === null){
vErrors = [err38];
}
else {
vErrors.push(err38);
}
errors++;
}
}
else {
const err39 = {instancePath:instancePath+"/suffixes/" + i2,schemaPath:"#/properties/suffixes/items/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err39];
}
else {
vErrors.push(err39);
}
errors++;
}
}
}
else {
const err40 = {instancePath:instancePath+"/suffixes",schemaPath:"#/properties/suffixes/type",keyword:"type",params:{type: "array"},message:"must be array"};
if(vErrors === null){
vErrors = [err40];
}
else {
vErrors.push(err40);
}
errors++;
}
}
if(data.docker !== undefined){
if(typeof data.docker !== "boolean"){
const err41 = {instancePath:instancePath+"/docker",schemaPath:"#/properties/docker/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err41];
}
else {
vErrors.push(err41);
}
errors++;
}
}
if(data.upstreamHost !== undefined){
let data17 = data.upstreamHost;
if(typeof data17 === "string"){
if(!pattern7.test(data17)){
const err42 = {instancePath:instancePath+"/upstreamHost",schemaPath:"#/properties/upstreamHost/pattern",keyword:"pattern",params:{pattern: "^[0-9A-Za-z.:-]+$"},message:"must match pattern \""+"^[0-9A-Za-z.:-]+$"+"\""};
if(vErrors === null){
vErrors = [err42];
}
else {
vErrors.push(err42);
}
errors++;
}
}
else {
const err43 = {instancePath:instancePath+"/upstreamHost",schemaPath:"#/properties/upstreamHost/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err43];
}
else {
vErrors.push(err43);
}
errors++;
}
}
if(data.stateDirectory !== undefined){
let data18 = data.stateDirectory;
if(typeof data18 === "string"){
if(!pattern0.test(data18)){
const err44 = {instancePath:instancePath+"/stateDirectory",schemaPath:"#/properties/stateDirectory/pattern",keyword:"pattern",params:{pattern: "^[^\\u0000]+$"},message:"must match pattern \""+"^[^\\u0000]+$"+"\""};
if(vErrors === null){
vErrors = [err44];
}
else {
vErrors.push(err44);
}
errors++;
}
}
else {
const err45 = {instancePath:instancePath+"/stateDirectory",schemaPath:"#/properties/stateDirectory/type",keyword:"type",params:{type: "string"},message:"must be string"};
if(vErrors === null){
vErrors = [err45];
}
else {
vErrors.push(err45);
}
errors++;
}
}
if(data.proxy !== undefined){
let data19 = data.proxy;
if(data19 && typeof data19 == "object" && !Array.isArray(data19)){
for(const key3 in data19){
if(!((key3 === "responseTimeout") || (key3 === "lanes"))){
const err46 = {instancePath:instancePath+"/proxy",schemaPath:"#/properties/proxy/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key3},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err46];
}
else {
vErrors.push(err46);
}
errors++;
}
}
if(data19.responseTimeout !== undefined){
let data20 = data19.responseTimeout;
if((typeof data20 == "number") && (isFinite(data20))){
if(data20 > 86400 || isNaN(data20)){
const err47 = {instancePath:instancePath+"/proxy/responseTimeout",schemaPath:"#/properties/proxy/properties/responseTimeout/maximum",keyword:"maximum",params:{comparison: "<=", limit: 86400},message:"must be <= 86400"};
if(vErrors === null){
vErrors = [err47];
}
else {
vErrors.push(err47);
}
errors++;
}
if(data20 <= 0 || isNaN(data20)){
const err48 = {instancePath:instancePath+"/proxy/responseTimeout",schemaPath:"#/properties/proxy/properties/responseTimeout/exclusiveMinimum",keyword:"exclusiveMinimum",params:{comparison: ">", limit: 0},message:"must be > 0"};
if(vErrors === null){
vErrors = [err48];
}
else {
vErrors.push(err48);
}
errors++;
}
}
else {
const err49 = {instancePath:instancePath+"/proxy/responseTimeout",schemaPath:"#/properties/proxy/properties/responseTimeout/type",keyword:"type",params:{type: "number"},message:"must be number"};
if(vErrors === null){
vErrors = [err49];
}
else {
vErrors.push(err49);
}
errors++;
}
}
if(data19.lanes !== undefined){
let data21 = data19.lanes;
if(!((data21 === "fast") || (data21 === "full"))){
const err50 = {instancePath:instancePath+"/proxy/lanes",schemaPath:"#/properties/proxy/properties/lanes/enum",keyword:"enum",params:{allowedValues: schema11.properties.proxy.properties.lanes.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err50];
}
else {
vErrors.push(err50);
}
errors++;
}
}
}
else {
const err51 = {instancePath:instancePath+"/proxy",schemaPath:"#/properties/proxy/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err51];
}
else {
vErrors.push(err51);
}
errors++;
}
}
if(data.history !== undefined){
let data22 = data.history;
if(!(((typeof data22 == "number") && (!(data22 % 1) && !isNaN(data22))) && (isFinite(data22)))){
const err52 = {instancePath:instancePath+"/history",schemaPath:"#/properties/history/type",keyword:"type",params:{type: "integer"},message:"must be integer"};
if(vErrors === null){
vErrors = [err52];
}
else {
vErrors.push(err52);
}
errors++;
}
if((typeof data22 == "number") && (isFinite(data22))){
if(data22 > 100000 || isNaN(data22)){
const err53 = {instancePath:instancePath+"/history",schemaPath:"#/properties/history/maximum",keyword:"maximum",params:{comparison: "<=", limit: 100000},message:"must be <= 100000"};
if(vErrors === null){
vErrors = [err53];
}
else {
vErrors.push(err53);
}
errors++;
}
if(data22 < 0 || isNaN(data22)){
const err54 = {instancePath:instancePath+"/history",schemaPath:"#/properties/history/minimum",keyword:"minimum",params:{comparison: ">=", limit: 0},message:"must be >= 0"};
if(vErrors === null){
vErrors = [err54];
}
else {
vErrors.push(err54);
}
errors++;
}
}
}
if(data.log !== undefined){
let data23 = data.log;
if(data23 && typeof data23 == "object" && !Array.isArray(data23)){
for(const key4 in data23){
if(!((key4 === "level") || (key4 === "access"))){
const err55 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/additionalProperties",keyword:"additionalProperties",params:{additionalProperty: key4},message:"must NOT have additional properties"};
if(vErrors === null){
vErrors = [err55];
}
else {
vErrors.push(err55);
}
errors++;
}
}
if(data23.level !== undefined){
let data24 = data23.level;
if(!(((((((data24 === "trace") || (data24 === "debug")) || (data24 === "info")) || (data24 === "warn")) || (data24 === "error")) || (data24 === "fatal")) || (data24 === "silent"))){
const err56 = {instancePath:instancePath+"/log/level",schemaPath:"#/properties/log/properties/level/enum",keyword:"enum",params:{allowedValues: schema11.properties.log.properties.level.enum},message:"must be equal to one of the allowed values"};
if(vErrors === null){
vErrors = [err56];
}
else {
vErrors.push(err56);
}
errors++;
}
}
if(data23.access !== undefined){
if(typeof data23.access !== "boolean"){
const err57 = {instancePath:instancePath+"/log/access",schemaPath:"#/properties/log/properties/access/type",keyword:"type",params:{type: "boolean"},message:"must be boolean"};
if(vErrors === null){
vErrors = [err57];
}
else {
vErrors.push(err57);
}
errors++;
}
}
}
else {
const err58 = {instancePath:instancePath+"/log",schemaPath:"#/properties/log/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err58];
}
else {
vErrors.push(err58);
}
errors++;
}
}
}
else {
const err59 = {instancePath,schemaPath:"#/type",keyword:"type",params:{type: "object"},message:"must be object"};
if(vErrors === null){
vErrors = [err59];
}
else {
vErrors.push(err59);
}
errors++;
}
validate10.errors = vErrors;
return errors === 0;
}

